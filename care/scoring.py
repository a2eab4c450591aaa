"""Whether somebody's NEWS2 rings: from five urgent, from seven an emergency, a single three an urgent review. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from care.devices import DeviceKind
from care.in_force import InForce
from care.news2 import Parameter, Reading, Score, Taken, score, still_good
from care.watching import LOOK_AGAIN, Verdict

SOON, SELDOM = timedelta(minutes=5), timedelta(hours=1)
"""How often somebody is scored who measures now and then, and somebody of whom too little is known (assumptions)."""
_BREATHES = {"unknown": None, "air": False, "oxygen": True}


@dataclass(frozen=True, slots=True)
class Scored:
    """A score, and the readings that it rests on."""

    score: Score
    readings: Mapping[Parameter, Reading]
    scale: int
    oxygen: str

    def written(self) -> dict[str, Any]:
        """As an alert keeps it and the pages show it; times with their zone, values in the metric's unit."""
        return {
            "total": self.score.total,
            "complete": self.score.complete,
            "missing": [str(one) for one in self.score.missing],
            "points": {str(one): points for one, points in self.score.points.items()},
            "scale": self.scale,
            "oxygen": self.oxygen,
            "measured": {str(one): [reading.time.isoformat(), reading.value] for one, reading in self.readings.items()},
        }


def scored(readings: Sequence[Reading], force: InForce, at: datetime) -> Scored:
    """The score at `at`; `force`: the limits in force of the rule news2."""
    fresh, spot = (timedelta(seconds=force.number(name)) for name in ("fresh", "spot"))
    found = still_good(readings, at, fresh, spot)
    oxygen, scale = force.word("oxygen"), int(force.word("scale"))
    taken = Taken({one: reading.value for one, reading in found.items()}, _BREATHES[oxygen], None, scale)
    return Scored(score(taken), found, scale, oxygen)


def judge(
    readings: Sequence[Reading], by: InForce, forces: Mapping[str, InForce], at: datetime, kinds: Sequence[str]
) -> dict[str, Verdict]:
    """What each of the three rules in `forces` says; `by`: the limits of news2; `kinds`: of the devices."""
    found = scored(readings, by, at)
    enough = len(found.readings) >= by.number("parameters")
    again = at + (SOON if DeviceKind.VITALS in kinds else LOOK_AGAIN if enough else SELDOM)
    because = found.written()
    verdicts = {
        rule: Verdict(found.score.total >= forces[rule].number("total") if enough else None, again, at, because)
        for rule in ("news2", "news2_emergency")
        if rule in forces
    }
    threes = [str(one) for one in found.score.single if one in found.readings and found.readings[one].on_occasion]
    if "news2_single" in forces:
        verdicts["news2_single"] = Verdict(bool(threes), again, at, because | {"single": threes})
    return verdicts
