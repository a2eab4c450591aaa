"""Areas, homes, residents, care beds, contacts, and which device watches over whom."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class AreaLevel(StrEnum):
    """The levels of the area tree, from the top."""

    CITY = "city"
    COUNTY = "county"
    STREET = "street"
    COMMUNITY = "community"


class Role(StrEnum):
    """What an account may do."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    STATION_WORKER = "station_worker"
    RESPONDER = "responder"
    FAMILY = "family"
    DOCTOR = "doctor"
    VENDOR = "vendor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Area:
    """A city, county, street or community; `code` is its GB/T 2260 or statistical code where it has one."""

    id: int
    parent_id: int | None
    level: AreaLevel
    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody lives."""

    id: UUID
    area_id: int
    address: str


@dataclass(frozen=True, slots=True)
class Resident:
    """An old person who lives at home."""

    id: UUID
    home_id: UUID
    name: str
    born: date | None = None


@dataclass(frozen=True, slots=True)
class CareBed:
    """A 家庭养老照护床位: a resident's bed at home, set up and closed with dates."""

    id: UUID
    resident_id: UUID
    number: str
    set_up: date
    closed: date | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to reach for a resident; `position` is the order in which they are called."""

    id: UUID
    resident_id: UUID
    name: str
    phone: str
    relation: str
    position: int


@dataclass(frozen=True, slots=True)
class Binding:
    """This device watched over this resident from–to, and since when the records know it."""

    device_id: int
    resident_id: UUID
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime


class Sex(StrEnum):
    """As the files have it; nothing in Ankang depends on it but what a form asks for."""

    MALE = "male"
    FEMALE = "female"


class Ended(StrEnum):
    """Why somebody's service has ended."""

    DIED = "died"
    MOVED_AWAY = "moved_away"
    ENDED = "ended"
