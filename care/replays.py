"""What a judgement says when it is made again from the stored rows."""

from dataclasses import dataclass
from enum import StrEnum


class Said(StrEnum):
    """The verdict of the second time."""

    RINGS = "rings"
    SILENT = "does not ring"
    CANNOT = "cannot be judged again"
    """What it rested on is not kept."""


@dataclass(frozen=True, slots=True)
class Again:
    """The verdict, why where it is another one, and what else differs from what the alert holds."""

    said: Said
    why: str = ""
    differences: tuple[str, ...] = ()

    @property
    def same(self) -> bool | None:
        """Whether it is the verdict of the first time, from the same limits and readings; None: nobody can say."""
        return None if self.said is Said.CANNOT else self.said is Said.RINGS and not self.differences
