"""What a resident can agree to: by purpose, and for each by channel. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from care.notices import Channel


class ConsentPurpose(StrEnum):
    """What is done with what is known of somebody."""

    VITAL_SIGNS = "vital_signs"
    """Messages to the family hold vital signs."""
    DAILY_LIFE = "daily_life"
    """The family's page shows how the day went: when they got up, the rooms, the night."""


CHANNELS: Mapping[ConsentPurpose, frozenset[Channel]] = MappingProxyType(
    {
        # Those that leave the house; at the staff's pages vital signs are seen by whoever may.
        ConsentPurpose.VITAL_SIGNS: frozenset(Channel) - {Channel.PAGES, Channel.CANARY},
        ConsentPurpose.DAILY_LIFE: frozenset({Channel.PAGES}),
    }
)
"""By which channels each purpose can be consented to."""
