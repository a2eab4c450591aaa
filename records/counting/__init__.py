"""The figures that a centre is held to."""
