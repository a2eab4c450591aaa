"""Pages that the server renders for telephones: the family's, and of whoever goes there."""
