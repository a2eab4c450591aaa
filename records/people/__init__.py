"""Who lives where: areas, homes, residents, and the people around them with their addresses."""
