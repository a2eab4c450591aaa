"""The home itself: its temperature and its water."""

from care.events import AlertClass
from care.rule import Number, Priority, Rule

_CITIES = "Shanghai, Shenzhen, Taicang city practice"
_ASSUMED = "assumption"
_HOUR, _DAY = 3600.0, 86400.0


def _room(rule_id: str, limit: Number, word: str) -> Rule:
    return Rule(
        rule_id,
        AlertClass.ENVIRONMENTAL,
        Priority.MEDIUM,
        latched=False,
        settings=(limit, Number("within", 2 * _HOUR, "s", 600, _DAY, _ASSUMED)),
        armed="a thermometer of the home has spoken all through the time `within`",
        cleared=f"a reading that is not {word}",
    )


HOME: tuple[Rule, ...] = (
    _room("room_cold", Number("low", 16, "Cel", 0, 30, _ASSUMED), "too cold"),
    _room("room_hot", Number("high", 30, "Cel", 15, 50, _ASSUMED), "too hot"),
    Rule(
        "water_high",
        AlertClass.ENVIRONMENTAL,
        Priority.LOW,
        latched=False,
        settings=(
            Number("most", 2000, "L", 10, 100_000, f"{_CITIES}: more than 2 m³"),
            Number("within", _DAY, "s", _HOUR, 7 * _DAY, f"{_CITIES}: a day"),
        ),
        armed="a water meter of the home speaks",
        cleared="less was used in that time",
    ),
    Rule(
        "water_running",
        AlertClass.ENVIRONMENTAL,
        Priority.LOW,
        latched=False,
        settings=(Number("within", _DAY, "s", _HOUR, 7 * _DAY, f"{_CITIES}: use in every half hour of a day"),),
        armed="a water meter of the home speaks",
        cleared="half an hour without use",
    ),
)
