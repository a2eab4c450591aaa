"""Scripts: what somebody at the seat asks and does for an alert of a rule, in the reader's language. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_ITEMS = 20
LONGEST = 200
"""Characters of one item (an assumption: two lines at the seat)."""
_ID = re.compile(r"[a-z0-9_-]{1,40}")


class Kind(StrEnum):
    """What an item is."""

    ASK = "ask"
    DO = "do"


@dataclass(frozen=True, slots=True)
class Item:
    """One line: `id` stays when the words change, so that what is ticked stays ticked."""

    id: str
    kind: Kind
    chinese: str
    english: str

    def written(self) -> dict[str, str]:
        """As it is kept."""
        return {"id": self.id, "kind": str(self.kind), "zh-CN": self.chinese, "en": self.english}


def read_items(rows: Sequence[Mapping[str, str]]) -> list[Item]:
    """The items that these rows are."""
    return [Item(row["id"], Kind(row["kind"]), row["zh-CN"], row["en"]) for row in rows]


def check(items: Sequence[Item]) -> None:
    """ValueError with the field and the fix where this can be no script."""
    if not 1 <= len(items) <= MOST_ITEMS:
        raise ValueError(f"items: from 1 to {MOST_ITEMS} of them")
    if len({one.id for one in items}) < len(items):
        raise ValueError("items: each has an id of its own")
    for number, one in enumerate(items, start=1):
        if not _ID.fullmatch(one.id):
            raise ValueError(f"items.{number}.id: small letters, digits, - and _, 40 at the most")
        for name, text in (("chinese", one.chinese), ("english", one.english)):
            if not 1 <= len(text.strip()) <= LONGEST:
                raise ValueError(f"items.{number}.{name}: from 1 to {LONGEST} characters")
