"""What only one may have, and somebody else has."""

from records.errors import RecordsError


class Taken(RecordsError):
    """Somebody else has this number already; `field`: which one."""

    def __init__(self, taken: str) -> None:
        super().__init__(f"{taken}: somebody else has this one")
        self.field = taken
