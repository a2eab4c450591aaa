"""What people see, with names and addresses masked for those who don't need them."""

from dataclasses import replace
from typing import Any, TypeVar

from care.masking import masked_address, masked_bed, masked_name
from records.counting.figures import Figures
from records.equipment.device_view import DeviceView
from records.equipment.inventory import Listed
from records.equipment.uncovered import Uncovered
from records.equipment.works import Work
from records.judging.alert_log import Line
from records.judging.alerts import AlertView
from records.judging.drills import Drill
from records.judging.missed import Done
from records.judging.suppression import Around, HeldBack
from records.login.administering import Entrusted
from records.login.audit import Entry
from records.people.partners import Neighbour
from records.people.residents import Found
from records.rounds.absences import Absence
from records.rounds.checkin_day import Expected
from records.rounds.visits import Task
from records.services.orders import ServiceOrder
from records.telling.notices import Told

SomeFound = TypeVar("SomeFound", bound=Found)
SomeHome = TypeVar("SomeHome", Task, Uncovered, Neighbour, Drill)
SomeLine = TypeVar("SomeLine", Line, Done)


def for_resident(names: bool, found: SomeFound) -> SomeFound:
    """A resident as an account sees them that may see names or not."""
    if names:
        return found
    bed = masked_bed(found.bed) if found.bed else found.bed
    return replace(found, name=masked_name(found.name), address=masked_address(found.address), bed=bed)


def for_check_in(names: bool, one: Expected) -> Expected:
    """A check-in as an account sees it that may see names or not; why its plan rests, in words, may hold one."""
    if names:
        return one
    name, address = masked_name(one.resident_name), masked_address(one.address)
    why = "paused" if one.why.startswith("paused:") else one.why
    return replace(one, resident_name=name, address=address, why=why)


def for_absence(names: bool, one: Absence) -> Absence:
    """An absence as an account sees it that may see names or not; who told us of it may be a name."""
    return one if names else replace(one, told_by="")


def for_home(names: bool, one: SomeHome) -> SomeHome:
    """A visit to be made, somebody not covered: as an account sees it that may see names or not."""
    if names:
        return one
    return replace(one, resident_name=masked_name(one.resident_name), address=masked_address(one.address))


def for_order(names: bool, one: ServiceOrder) -> ServiceOrder:
    """An order as an account sees it that may see names or not; what somebody wrote into it may hold some."""
    if names:
        return one
    name, address, contact = masked_name(one.resident_name), masked_address(one.address), _masked(one.contact_name)
    return replace(one, resident_name=name, address=address, contact_name=contact, wish="", comes="", why="")


def for_entrusted(names: bool, one: Entrusted) -> Entrusted:
    """A resident who is listed for an account; administrators go by the number of the care bed, which they entered."""
    return one if names else replace(one, name=masked_name(one.name))


def for_alert(names: bool, view: AlertView) -> AlertView:
    """An alert as an account sees it that may see names or not."""
    return view if names else masked_alert(view)


def masked_alert(view: AlertView) -> AlertView:
    """An alert without the name and the number of the house; what somebody wrote into it may hold both."""
    name = masked_name(view.resident_name) if view.resident_name else view.resident_name
    address = masked_address(view.home_address) if view.home_address else view.home_address
    written = ("dispatched_to", "shelved_why", "close_asked_note", "close_refused_why")
    said: dict[str, Any] = {"note": ""} | dict.fromkeys(written)
    return replace(view, resident_name=name, home_address=address, **said)


def for_figures(names: bool, found: Figures) -> Figures:
    """Figures as an account sees them that may see names or not."""
    if names:
        return found
    burden, truth = found.burden, found.truth
    sources, chattering = (
        [replace(one, resident_name=_masked(one.resident_name)) for one in some]
        for some in (burden.sources, burden.chattering)
    )
    stale = [replace(one, resident_name=_masked(one.resident_name)) for one in burden.stale]
    people = [replace(one, resident_name=masked_name(one.resident_name)) for one in truth.residents]
    burden = replace(burden, sources=sources, chattering=chattering, stale=stale)
    return replace(found, burden=burden, truth=replace(truth, residents=people))


def _masked(name: str | None) -> str | None:
    return masked_name(name) if name else name


_FREE_TEXT = frozenset({"note", "to", "reason", "why", "relation"})


def for_held(names: bool, one: HeldBack) -> HeldBack:
    """An alert that is held back; why, in words, may hold a name."""
    return one if names else replace(one, alert=masked_alert(one.alert), why="")


def for_cause(names: bool, one: Around) -> Around:
    """What goes on around an alert; what was written as the reason of a maintenance may hold a name."""
    return one if names or one.cause != "maintenance" else replace(one, why="")


def for_log(names: bool, line: SomeLine) -> SomeLine:
    """A line of an alert's log; what somebody wrote into it may hold names."""
    if names:
        return line
    return replace(line, detail={name: value for name, value in line.detail.items() if name not in _FREE_TEXT})


def for_told(names: bool, one: Told) -> Told:
    """One of those who were told; a contact's name is as a resident's, that of an account is no secret."""
    is_contact = one.recipient.startswith("contact:")
    return replace(one, name=masked_name(one.name)) if is_contact and one.name and not names else one


def for_device(names: bool, residents: bool, view: DeviceView) -> DeviceView:
    """A device as an account sees it: a vendor does not learn in whose home it is."""
    if not residents:
        return replace(view, resident_id=None, resident_name=None)
    if names or view.resident_name is None:
        return view
    return replace(view, resident_name=masked_name(view.resident_name))


def for_work(names: bool, one: Work) -> Work:
    """A maintenance as an account sees it that may see names or not; what was written as its reason may hold some."""
    if names:
        return one
    return replace(one, resident_name=masked_name(one.resident_name) if one.resident_name else None, why="")


def for_entry(names: bool, one: Entry) -> Entry:
    """A line of the audit log as an account sees it that may see names or not."""
    return one if names or not one.resident else replace(one, resident=masked_name(one.resident))


def for_listed_device(names: bool, residents: bool, one: Listed) -> Listed:
    """A device of a list, by the same rules."""
    if not residents:
        return replace(one, resident_id=None, resident=None)
    return one if names or one.resident is None else replace(one, resident=masked_name(one.resident))
