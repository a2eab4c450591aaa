"""The entries of the rule pack."""
