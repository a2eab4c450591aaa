"""What every channel has in common: the message, the receipt, and the one error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from care.notices import Purpose
from care.rules import Priority


class NotDelivered(Exception):
    """It was not taken; `try_again` says whether it may work later. The words name nobody and no address."""

    def __init__(self, why: str, *, try_again: bool) -> None:
        super().__init__(why)
        self.try_again = try_again


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell one person; `key` is the same at every try, so that a receiver can tell repeats."""

    key: UUID
    purpose: Purpose
    priority: Priority
    language: str
    title: str = field(repr=False)
    text: str = field(repr=False)
    facts: Mapping[str, str] = field(repr=False)
    """The parts of the text, for providers that take only their own templates: name, what, time, outcome."""
    alert_id: UUID | None = None
    rule: str | None = None
    drill: bool = False
    happened_at: datetime | None = None


class Provider(Protocol):
    """One way of one provider."""

    @property
    def name(self) -> str:
        """For the records and the counters."""
        ...

    def send(self, message: Message, address: str) -> str:
        """Hand it over and return what the provider calls it, or raise NotDelivered; waits 30 s at most."""
        ...
