"""Check-ins that did not come."""

from care.events import AlertClass
from care.rule import Number, Priority, Rule

CHECK_INS: tuple[Rule, ...] = (
    Rule(
        "missed_check_in",
        AlertClass.PERSONAL,
        Priority.MEDIUM,
        latched=False,
        settings=(
            Number("grace", 3600, "s", 0, 86400, "healthchecks, Telecross: daily and 1 h"),
            Number("attempts", 3, "", 0, 10, "daily-call services: the resident is tried three times"),
            Number("apart", 600, "s", 60, 7200, "daily-call services: 10 min apart"),
        ),
        armed="the resident has a plan, and is not excused or away",
        cleared="a check-in, a sign of life from an armed source, or a confirmation by the care circle",
    ),
)
