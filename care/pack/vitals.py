"""Vital signs: each one beyond its limits for a while, and all of them together as NEWS2."""

from care.events import AlertClass
from care.metrics import METRICS
from care.rule import Choice, Number, Priority, Rule

_SINGLE_THREE = "NEWS2 (Royal College of Physicians, 2017): scores 3 on its own, an urgent review"
_FEVER = "NEWS2 (Royal College of Physicians, 2017): its highest score for fever, 2, begins here"


def _vital(metric: str, low: float | None, high: float | None, high_source: str = _SINGLE_THREE) -> Rule:
    """At or below `low`, or at or above `high`, in the metric's own unit."""
    found = METRICS[metric]
    limits = [
        Number(name, value, found.unit, found.low, found.high, source)
        for name, value, source in (("low", low, _SINGLE_THREE), ("high", high, high_source))
        if value is not None
    ]
    lasting = Number("lasting", 60, "s", 10, 3600, "assumption: a single artefact never lasts a minute")
    return Rule(
        f"vital_{metric}",
        AlertClass.PERSONAL,
        Priority.HIGH,
        latched=False,
        settings=(*limits, lasting),
        armed="a live reading is at or beyond the limit, and so is every other one of the time `lasting` before it; of"
        " a device that speaks less often the last three within 15 min (an assumption)",
        cleared="every reading is within the limits for the time `lasting`",
    )


VITALS: tuple[Rule, ...] = (
    _vital("heart_rate", 40, 131),
    _vital("respiration_rate", 8, 25),
    _vital("spo2", 91, None),
    _vital("systolic", 90, 220),
    _vital("body_temperature", 35.0, 39.1, _FEVER),
)

_RCP = "NEWS2 (Royal College of Physicians, 2017)"
_CLEARED = "the score is below the limit again"
_INCOMPLETE = "what is missing makes the score incomplete, never 0: it is then the least that it can be"

NEWS2: tuple[Rule, ...] = (
    Rule(
        "news2",
        AlertClass.PERSONAL,
        Priority.MEDIUM,
        latched=False,
        settings=(
            Number("total", 5, "", 1, 20, f"{_RCP}: 5 or more is an urgent response"),
            Number("parameters", 3, "", 1, 7, "assumption: fewer say too little together"),
            Number("fresh", 600, "s", 60, 3600, "assumption: how old what is measured all the time may be"),
            Number("spot", 43200, "s", 3600, 86400, f"{_RCP}: a score of 0 is measured again after 12 h"),
            Choice("scale", "1", ("1", "2"), f"{_RCP}: scale 2 is set by a clinician only", clinical=True),
            Choice("oxygen", "unknown", ("unknown", "air", "oxygen"), f"{_RCP}: oxygen scores 2", clinical=True),
        ),
        armed=f"so many parameters are known as `parameters` says; {_INCOMPLETE}",
        cleared=_CLEARED,
    ),
    Rule(
        "news2_emergency",
        AlertClass.PERSONAL,
        Priority.HIGH,
        latched=False,
        settings=(Number("total", 7, "", 1, 20, f"{_RCP}: 7 or more is an emergency response"),),
        armed=f"as news2, whose other limits hold here too; {_INCOMPLETE}",
        cleared=_CLEARED,
    ),
    Rule(
        "news2_single",
        AlertClass.PERSONAL,
        Priority.MEDIUM,
        latched=False,
        armed="somebody has measured it (a cuff, a thermometer); what devices measure all the time has its own rules",
        cleared="it is measured again and scores less, or it was measured too long ago",
    ),
)
