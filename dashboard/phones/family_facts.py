"""What a family's page shows of one resident, gathered: only what the resident agrees to, and what is proven."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from care.consents import ConsentPurpose
from care.coverage import Coverage, State, Why
from care.family import Sentence, Sight, Standing, sentence
from care.notices import Channel, Recipient, RecipientKind
from care.notices import State as ToldState
from care.rules import Priority
from records.database import Conn
from records.equipment import coverage
from records.judging import alerts, family_said
from records.judging.alerts import AlertView
from records.judging.family_said import Word
from records.living.sight import sight_of
from records.people import consents, reach
from records.people.residents import Found
from records.rounds import absences, checkin_day
from records.rounds.absences import Absence
from records.rounds.checkin_day import Expected
from records.services import orders
from records.services.orders import ServiceOrder
from records.telling import notices
from records.telling.notices import Told

LOOK_BACK = timedelta(days=30)
MOST_ALERTS = 12
MOST_ORDERS = 8
_URGENCY = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}
_HEARD_LAST = frozenset({Why.SILENT, Why.OFFLINE, Why.UNREACHABLE, Why.PLATFORM})


@dataclass(frozen=True, slots=True)
class ToldLine:
    """Whom the platform told, and how far it got: `who` a key of `family.told.…`, with the name of one's own people."""

    who: str
    name: str
    channel: Channel | None
    state: ToldState
    at: datetime


@dataclass(frozen=True, slots=True)
class FamilyAlert:
    """An alert as the family sees it: no evidence, no staff by name."""

    view: AlertView = field(repr=False)
    spoken: Sequence[Word] = field(repr=False)
    first: Word | None = field(repr=False)
    """Who of the family is on it."""
    told: Sequence[ToldLine] = field(repr=False)

    @property
    def is_open(self) -> bool:
        """Whether anything can still be said of it."""
        return self.view.phase != "closed"


@dataclass(frozen=True, slots=True)
class Facts:
    """One resident's page."""

    resident: Found = field(repr=False)
    sentence: Sentence = field(repr=False)
    sight: Sight | None = field(repr=False)
    """None: the resident has not agreed that it is shown."""
    coverage: Coverage = field(repr=False)
    open: Sequence[FamilyAlert] = field(repr=False)
    past: Sequence[FamilyAlert] = field(repr=False)
    away: Sequence[Absence] = field(repr=False)
    """Now or to come."""
    orders: Sequence[ServiceOrder] = field(repr=False)
    check_ins: Sequence[Expected] = field(repr=False)
    midnight: datetime


def facts_of(conn: Conn, resident: Found, midnight: datetime, now: datetime) -> Facts:
    """Everything on the page."""
    covered = coverage.of_resident(conn, resident.id, now)
    sight = _agreed_sight(conn, resident.id, covered, now)
    views = _alerts(conn, resident.id, now)
    away = [one for one in absences.of_resident(conn, resident.id, 20) if _lasts(one, now)]
    opened = [one for one in views if one.is_open]
    day = midnight + timedelta(days=1)
    return Facts(
        resident, sentence(sight, _standing(covered, away, opened, now), now), sight, covered, opened,
        [one for one in views if not one.is_open], sorted(away, key=lambda one: one.valid_from),
        orders.of_resident(conn, resident.id, now, MOST_ORDERS),
        checkin_day.of_resident(conn, resident.id, midnight, day, 10), midnight,
    )  # fmt: skip


def brief(conn: Conn, resident: Found, now: datetime) -> Sentence:
    """The sentence alone, for the list of several parents."""
    covered = coverage.of_resident(conn, resident.id, now)
    away = [one for one in absences.of_resident(conn, resident.id, 20) if _lasts(one, now)]
    opened = [one for one in _alerts(conn, resident.id, now) if one.is_open]
    return sentence(_agreed_sight(conn, resident.id, covered, now), _standing(covered, away, opened, now), now)


def _agreed_sight(conn: Conn, resident_id: UUID, covered: Coverage, now: datetime) -> Sight | None:
    agreed = consents.in_force(conn, resident_id, ConsentPurpose.DAILY_LIFE, Channel.PAGES)
    return sight_of(conn, resident_id, covered, now) if agreed else None


def _lasts(one: Absence, now: datetime) -> bool:
    return min(one.valid_to, one.ended_at or one.valid_to) > now


def _standing(covered: Coverage, away: Sequence[Absence], opened: Sequence[FamilyAlert], now: datetime) -> Standing:
    current = next((one for one in away if one.valid_from <= now), None)
    mine = [one.view for one in opened if one.view.alert_class != "technical" and not one.view.drill]
    worst = min(mine, key=lambda one: _URGENCY[Priority(one.priority)], default=None)
    return Standing(
        covered.state,
        _unknown_since(covered),
        current.kind if current else None,
        current.valid_to if current else None,
        worst.rule if worst else None,
        worst.happened_at if worst else None,
    )


def _unknown_since(covered: Coverage) -> datetime | None:
    """Since when nothing at all is heard of somebody: when the last of the lost was heard."""
    if covered.state is not State.BLIND:
        return None
    return max((one.since for one in covered.reasons if one.since and one.why in _HEARD_LAST), default=None)


def _alerts(conn: Conn, resident_id: UUID, now: datetime) -> list[FamilyAlert]:
    views, _ = alerts.alerts_of(conn, resident_id, now - LOOK_BACK, now + timedelta(minutes=5), MOST_ALERTS)
    shown = [one for one in views if one.alert_class != "technical" and one.suppressed_by is None]
    return [_alert(conn, one) for one in shown]


def _alert(conn: Conn, view: AlertView) -> FamilyAlert:
    spoken = family_said.words_of(conn, view.id)
    told = [line for one in notices.told(conn, view.id) if (line := _told(conn, one)) is not None]
    return FamilyAlert(view, spoken, family_said.on_it(spoken), told)


_KINDS = {RecipientKind.SEAT: "seat", RecipientKind.SUPERVISOR: "seat"}


def _told(conn: Conn, one: Told) -> ToldLine | None:
    """One's own people by name, of the others only what they are."""
    if one.about != "raised" and not one.about.startswith("escalated"):
        return None
    state = one.state or one.notice_state
    if state is ToldState.DROPPED and one.channel is None:
        return None
    to = Recipient.read(one.recipient)
    at = one.read_at or one.delivered_at or one.sent_at or one.made_at
    if to.kind is RecipientKind.CONTACT:
        return ToldLine("contact", " ".join(filter(None, (one.relation, one.name))), one.channel, state, at)
    if to.kind is RecipientKind.ACCOUNT:
        family = reach.role_of(conn, to) == "family"
        return ToldLine("contact" if family else "staff", one.name or "" if family else "", one.channel, state, at)
    return ToldLine(_KINDS.get(to.kind, "staff"), "", one.channel, state, at)
