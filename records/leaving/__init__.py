"""All that is stored of one person: taken out as files, and deleted."""
