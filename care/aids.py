"""Aids that do not speak (康复辅具): what kinds there are."""

from enum import StrEnum


class AidKind(StrEnum):
    """What helps somebody at home."""

    WHEELCHAIR = "wheelchair"
    WALKER = "walker"
    CANE = "cane"
    NURSING_BED = "nursing_bed"
    BED_RAIL = "bed_rail"
    MATTRESS = "mattress"
    COMMODE = "commode"
    SHOWER_CHAIR = "shower_chair"
    GRAB_BAR = "grab_bar"
    HOIST = "hoist"
    HEARING_AID = "hearing_aid"
    OTHER = "other"
