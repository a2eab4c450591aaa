"""Coming in: login, its second step, sessions and tokens, and where one is told."""
