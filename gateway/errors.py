"""What can go wrong on the way to the broker."""


class NotDelivered(Exception):
    """The broker has not acknowledged this; `try_again` says whether it may work later."""

    def __init__(self, why: str, *, try_again: bool) -> None:
        super().__init__(why)
        self.try_again = try_again
