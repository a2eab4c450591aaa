"""Who comes in: accounts, their passwords, sessions and tokens, and the book of who saw or changed what."""
