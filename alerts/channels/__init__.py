"""The ways to people: each takes a message to an address, or says why not and whether it may work later."""
