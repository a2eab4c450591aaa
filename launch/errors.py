"""What keeps Ankang from starting, in words for the person who started it."""


class CannotStart(Exception):
    """The message says what is wrong and what to do."""
