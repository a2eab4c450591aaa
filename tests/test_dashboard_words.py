"""The words of the page: the same in both languages, and one for everything that `care` knows."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from care.absences import AbsenceKind
from care.alerts import NEXT, Means, Outcome, Party, Phase, Reached, Step
from care.checkins import State as CheckIn
from care.devices import DeviceKind
from care.escalation import Whom
from care.events import EVENTS, AlertClass
from care.metrics import METRICS, MetricKind
from care.notices import Channel, Purpose, State
from care.orders import DAYTIMES, OrderState, OrderStep, Service
from care.orders import NEXT as ORDERS
from care.people import Role
from care.permissions import Permission
from care.presence import Seen
from care.rules import RULES, Priority
from care.visits import Proof, VisitKind
from dashboard.build import CONSOLE
from dashboard.rules import RULES as ROUTES
from dashboard.words import LANGUAGES, rooms, words

CATALOGUES = {name: words(name) for name in LANGUAGES}
LOADED = set(re.findall(r"messages/en/(\w+)\.json", (CONSOLE / "src" / "catalogues.ts").read_text("utf-8")))
"""The rooms of words that the console brings along."""
MODULES = sorted(
    file for kind in ("*.ts", "*.vue") for file in (CONSOLE / "src").rglob(kind) if file.suffixes != [".d", ".ts"]
)


def keys_used(file: Path) -> set[str]:
    """The keys that a module asks for by name."""
    return set(re.findall(r"""\bt\(\s*["']([\w.-]+)["']""", file.read_text("utf-8")))


def test_both_languages_have_the_same_keys_and_gaps() -> None:
    chinese, english = CATALOGUES["zh-CN"], CATALOGUES["en"]
    assert {name: list(room) for name, room in rooms("zh-CN").items()} == {
        name: list(room) for name, room in rooms("en").items()
    }
    assert sum(map(len, rooms("en").values())) == len(english), "a key is in one room only"
    for key, text in chinese.items():
        assert text, key
        assert english[key], key
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


@pytest.mark.parametrize("language", list(CATALOGUES))
def test_everything_that_care_names_has_words(language: str) -> None:
    named: dict[str, Iterable[str]] = {
        "rule": RULES,
        "event": EVENTS,
        "outcome": Outcome,
        "class": AlertClass,
        "priority": Priority,
        "phase": Phase,
        "step": Step,
        "metric": METRICS,
        "party": Party,
        "means": Means,
        "reached": Reached,
        "whom": Whom,
        "log": Step,
        "channel": set(Channel) - {Channel.CANARY},
        "purpose": set(Purpose) - {Purpose.CANARY},
        "told_state": State,
        "seen": Seen,
        "kind": DeviceKind,
        "role": Role,
        "checkin.state": CheckIn,
        "order.state": OrderState,
        "order.step": OrderStep,
        "order.log": ["order", *OrderStep],
        "order.service": Service,
        "order.window": DAYTIMES,
        "absence.kind": AbsenceKind,
        "proof": Proof,
        "life": [
            "check_in",
            "motion",
            "water",
            "steps",
            "movement",
            "door",
            "bed",
            "bed_entry",
            "bed_exit",
            "care_circle",
        ]
        + [f"visit_{kind}" for kind in VisitKind],
        "unit": [name for name, metric in METRICS.items() if metric.kind is not MetricKind.STATE],
    }
    missing = [
        f"{kind}.{name}"
        for kind, names in named.items()
        for name in names
        if f"{kind}.{name}" not in CATALOGUES[language]
    ]
    assert missing == []


def test_every_key_that_the_page_asks_for_is_there() -> None:
    asked = {key: file.name for file in MODULES for key in keys_used(file)}
    assert {key: name for key, name in asked.items() if key not in CATALOGUES["en"]} == {}


def test_the_console_offers_the_steps_that_the_life_cycle_has() -> None:
    table = re.search(r"const POSSIBLE.*?= \{(.*?)\};", (CONSOLE / "src" / "steps.ts").read_text("utf-8"), re.DOTALL)
    assert table is not None
    offered = {phase: set(re.findall(r'"(\w+)"', steps)) for phase, steps in re.findall(r"(\w+): \[(.*?)\]", table[1])}
    assert offered == {str(phase): {str(step) for step in steps} for phase, steps in NEXT.items() if steps}


def test_the_page_offers_the_steps_of_an_order_that_care_allows() -> None:
    written = (CONSOLE / "src" / "services" / "orders.ts").read_text("utf-8")
    table = re.search(r"const POSSIBLE.*?= \{(.*?)\};", written, re.DOTALL)
    assert table is not None
    found = {state: re.findall(r'"(\w+)"', steps) for state, steps in re.findall(r"(\w+): \[([^\]]*)\]", table[1])}
    assert found == {str(state): [str(step) for step in steps] for state, steps in ORDERS.items() if steps}
    times = {name: list(hours) for name, *hours in re.findall(r'(\w+): \["([\d:]+)", "([\d:]+)"\]', written)}
    assert times == {name: [f"{start:%H:%M}", f"{end:%H:%M}"] for name, (start, end) in DAYTIMES.items()}


def test_the_terms_are_those_of_the_field() -> None:
    chinese = CATALOGUES["zh-CN"]
    terms = {
        "rule.fall": "跌倒",
        "rule.sos": "紧急呼叫",
        "step.answer": "受理",
        "step.hand_back": "退回",
        "step.close": "办结",
        "phase.raised": "待受理",
        "priority.high": "紧急",
        "priority.medium": "重要",
        "priority.low": "一般",
        "class.personal": "人身",
        "class.environmental": "环境",
        "class.technical": "设备",
        "outcome.false_alarm": "误报",
        "badge.drill": "演练",
        "state.in_bed": "在床",
        "state.in_bed_off": "离床",
    }
    assert {key: chinese[key] for key in terms} == terms
    assert "处置结果" in chinese["close.outcome"]
    assert "重复次数" in chinese["alert.occurrences"]


def test_the_page_asks_nobody_else_for_anything() -> None:
    for file in (CONSOLE / "src").rglob("*"):
        if file.is_file():
            foreign = re.findall(r"https?://(?!www\.w3\.org/)[\w.]+", file.read_text("utf-8"))
            assert foreign == [], file.name


def test_no_word_is_left_over() -> None:
    page = "".join(file.read_text("utf-8") for file in MODULES)
    made_up = {f"{kind}." for kind in re.findall(r"""word\(["']([\w.]+)["']""", page)}  # word("rule", …)
    made_up |= {f"{kind}." for kind in re.findall(r"""choices\(["']([\w.]+)["']""", page)}
    made_up |= set(re.findall(r"`([\w-]+\.\w*)\$\{", page))  # t(`step.${name}`)
    made_up |= {"unit."}  # unitOf(…)
    made_up |= {
        f"{fixes}." for fixes in re.findall(r"""sending\(["']([\w.]+)["']""", page)
    }  # what is wrong with a field
    made_up |= {"figures.sheet.", "figures.part.", "figure."}  # for the sheet, which the server makes
    named = set(re.findall(r"""["']([a-z_]+\.[\w-]+)["']""", page))
    loaded = [key for name, room in rooms("en").items() if name in LOADED for key in room]
    left_over = [key for key in loaded if key not in named and not key.startswith(tuple(made_up))]
    assert left_over == []


def test_why_somebody_was_not_told_is_said_in_the_readers_language() -> None:
    """Sentences that are put together at run time (`{who} answered …`) have patterns of their own in reasons.ts."""
    channels = "".join(file.read_text("utf-8") for file in Path("alerts/channels").glob("*.py"))
    sentences = set(re.findall(r"""NotDelivered\(f?"([^"{(]+?)(?: \([^"]*)?", """, channels))
    sentences |= set(re.findall(r"""(?:why=|why = |else )"([^"]+)\"""", Path("care/notices.py").read_text("utf-8")))
    assert len(sentences) > 10
    answered = {"the mail server is not reachable", "the push service is not reachable"}
    assert {f"not_told.{sentence}" for sentence in sentences - answered} - set(CATALOGUES["zh-CN"]) == set()


@pytest.mark.parametrize("language", list(CATALOGUES))
def test_what_the_rule_pack_says_has_words(language: str) -> None:
    said: dict[str, Iterable[str]] = {
        "armed": [rule.armed for rule in RULES.values()],
        "cleared": [rule.cleared for rule in RULES.values()],
        "limit": [one.name for rule in RULES.values() for one in rule.settings],
        "source": [one.source for rule in RULES.values() for one in rule.settings],
        "permission": Permission,
        "action": [" ".join(route) for route, rule in ROUTES.items() if rule is Permission.RULES],
    }
    asked = [f"{kind}.{text}" for kind, texts in said.items() for text in texts]
    assert [key for key in asked if key not in CATALOGUES[language]] == []
