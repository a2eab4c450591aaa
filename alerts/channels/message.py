"""What every channel has in common: the message, the receipt, and the one error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from care.notices import Purpose
from care.receipts import Receipt
from care.rules import Priority


class NotDelivered(Exception):
    """It was not taken; `try_again` says whether it may work later, `gone` that there is no such address any more.

    The words name nobody and no address.
    """

    def __init__(self, why: str, *, try_again: bool, gone: bool = False) -> None:
        super().__init__(why)
        self.try_again = try_again
        self.gone = gone


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
    delivery: int = 0
    """Which of our deliveries it is: providers that call back are told so."""
    secret: str = field(default="", repr=False)
    """What this address expects its messages to be signed with; empty: the installation's."""
    url: str = field(default="", repr=False)
    """The page where the recipient sees what it is about and answers; empty: there is none."""


class Provider(Protocol):
    """One way of one provider."""

    @property
    def name(self) -> str:
        """For the records and the counters."""
        ...

    def send(self, message: Message, address: str) -> str:
        """Hand it over and return what the provider calls it, or raise NotDelivered; waits 30 s at most."""
        ...


@runtime_checkable
class Asked(Protocol):
    """A provider that says what became of a message when it is asked."""

    @property
    def name(self) -> str:
        """For the records."""
        ...

    def ask(self, ref: str, address: str, sent_at: datetime) -> Receipt | None:
        """What became of it, None where that is not known yet; NotDelivered where the provider can't be asked."""
        ...
