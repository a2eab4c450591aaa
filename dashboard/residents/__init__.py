"""One resident: how they are, who is around them, what is kept of them, and how it leaves."""
