"""What each role may do. Whom it may do it to is a matter of area, which is not decided here."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from care.people import Role


class Permission(StrEnum):
    """One thing that an account may do."""

    WATCH = "watch"
    """See alerts, live and past."""
    RESPOND = "respond"
    """Answer, hand back and close alerts; enter who is away, where contacts are reached, and what was consented to."""
    READ_RESIDENTS = "read_residents"
    READ_DEVICES = "read_devices"
    READ_NAMES = "read_names"
    """See names and addresses in full; without it they are masked."""
    REVEAL = "reveal"
    """See a resident's name, address and telephone numbers in full, for a reason that is logged."""
    READ_HEALTH = "read_health"
    """See health card, assessments, care plan and documents of a resident."""
    WRITE_HEALTH = "write_health"
    """Enter and end what is in them."""
    VISIT = "visit"
    """Record visits."""
    PLAN_CHECK_INS = "plan_check_ins"
    """Say when a resident is expected to give a sign of life, how often they are visited, and what proves a visit."""
    ORDER = "order"
    """Order services for a resident, and call them off."""
    SERVE = "serve"
    """Accept orders of services, and say how far they are."""
    CONFIRM = "confirm"
    """Say that a resident is well: one has spoken with them, or seen them."""
    ARRANGE = "arrange"
    """Say who is on duty, and which neighbours may be asked."""
    RULES = "rules"
    """See the rules with the limits in force, and set them; likewise escalation plans and the words of messages."""
    TAKE_OUT = "take_out"
    """Have all that is stored of a resident written out, or deleted."""
    DRILL = "drill"
    """Start drills, and see what came of them."""
    EQUIP = "equip"
    """Register, bind, replace, lend and take back devices and aids; give devices their secrets."""
    MANAGE_VENDORS = "manage_vendors"
    """Say which vendors there are, and shut one out with all of its devices."""
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_RESIDENTS = "manage_residents"
    """Add residents with their homes and care beds, change, move and import them, and end their service."""
    MANAGE_AREAS = "manage_areas"
    """Say which areas and service centres there are."""
    READ_AUDIT = "read_audit"


_P = Permission
_AT_THE_SEAT = frozenset(
    {
        _P.WATCH,
        _P.RESPOND,
        _P.READ_RESIDENTS,
        _P.READ_DEVICES,
        _P.READ_NAMES,
        _P.REVEAL,
        _P.READ_HEALTH,
        _P.WRITE_HEALTH,
        _P.VISIT,
        _P.PLAN_CHECK_INS,
        _P.CONFIRM,
        _P.ORDER,
        _P.SERVE,
    }
)

MAY: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.OPERATOR: _AT_THE_SEAT,
        Role.SUPERVISOR: _AT_THE_SEAT
        | {_P.ARRANGE, _P.READ_AUDIT, _P.RULES, _P.TAKE_OUT, _P.MANAGE_RESIDENTS, _P.EQUIP, _P.DRILL},
        Role.STATION_WORKER: _AT_THE_SEAT | {_P.ARRANGE, _P.EQUIP},
        Role.RESPONDER: frozenset(  # names, addresses and the way in only of whom they go to, while they are on it
            {_P.WATCH, _P.RESPOND, _P.READ_RESIDENTS, _P.READ_HEALTH, _P.VISIT, _P.CONFIRM, _P.SERVE}
        ),
        Role.FAMILY: frozenset({_P.CONFIRM, _P.ORDER}),  # gets pages of its own
        Role.DOCTOR: frozenset({_P.READ_RESIDENTS, _P.READ_NAMES, _P.READ_HEALTH, _P.WRITE_HEALTH}),
        Role.VENDOR: frozenset({_P.READ_DEVICES}),
        Role.ADMINISTRATOR: (
            _AT_THE_SEAT
            | {
                _P.ARRANGE,
                _P.TAKE_OUT,
                _P.MANAGE_ACCOUNTS,
                _P.MANAGE_RESIDENTS,
                _P.MANAGE_AREAS,
                _P.READ_AUDIT,
                _P.RULES,
                _P.DRILL,
                _P.EQUIP,
                _P.MANAGE_VENDORS,
            }
        )
        - {_P.READ_NAMES, _P.READ_HEALTH, _P.WRITE_HEALTH},
        Role.AUDITOR: frozenset({_P.WATCH, _P.READ_RESIDENTS, _P.READ_DEVICES, _P.READ_AUDIT}),
    }
)

EVERYWHERE_WITHOUT_AREA = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
"""Who, without an area of their own, works for the whole city; the others then see nobody."""
