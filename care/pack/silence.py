"""What did not happen: no movement, no water, no door, not back in bed."""

from care.events import AlertClass
from care.rule import Number, Priority, Rule, TimeOfDay

_SHANGHAI = "Shanghai, four small devices (四小件)"
_CITIES = "Shanghai, Shenzhen, Taicang city practice"
_VENDORS = "telecare vendors' manuals"
_HOUR, _DAY = 3600.0, 86400.0
_PROVEN = "its sources are proven alive, the resident is not away, and the lanes have come so far"

LEFT_BED = Rule(
    "left_bed", AlertClass.PERSONAL, Priority.HIGH, latched=False,
    settings=(
        Number("within", 30 * 60, "s", 15, 12 * _HOUR, _VENDORS),
        TimeOfDay("night_from", "21:00", _VENDORS),
        TimeOfDay("night_to", "06:00", _VENDORS),
    ),
    armed="in the person's night only, never for naps nor for who is up and about at the hour at which they usually"
    f" get up; {_PROVEN}",
    cleared="back in bed",
)  # fmt: skip

SILENCE: tuple[Rule, ...] = (
    LEFT_BED,
    Rule(
        "no_movement", AlertClass.PERSONAL, Priority.HIGH, latched=False,
        settings=(Number("within", 24 * _HOUR, "s", _HOUR, 7 * _DAY, _SHANGHAI),),
        armed=_PROVEN, cleared="any sign of life",
    ),
    Rule(
        "water_low", AlertClass.PERSONAL, Priority.MEDIUM, latched=False,
        settings=(
            Number("least", 10, "L", 0, 1000, f"{_CITIES}: less than 0.01 m³"),
            Number("within", 12 * _HOUR, "s", _HOUR, 7 * _DAY, f"{_CITIES}: 12 h, and a variant of 24 h"),
        ),
        armed=_PROVEN, cleared="water is used",
    ),
    Rule(
        "door_not_opened", AlertClass.PERSONAL, Priority.LOW, latched=False,
        settings=(Number("within", 24 * _HOUR, "s", _HOUR, 7 * _DAY, _SHANGHAI),),
        armed=_PROVEN, cleared="the door is opened, or any other sign of life",
    ),
)  # fmt: skip
