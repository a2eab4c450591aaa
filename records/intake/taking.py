"""Taking a checked file in: all of it in one transaction, a set at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from care.checkins import SELF
from care.intake import Entry, Person
from records.database import Conn
from records.ids import new_id
from records.intake.checking import Altered, Checked, Newcomer, Progress, matching
from records.login import audit
from records.names import initials

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('ankang households'))"


def alone(conn: Conn) -> None:
    """Until the transaction ends nobody else takes a file in, or settles a household: of two the second one waits."""
    conn.execute(ONE_AT_A_TIME)


@dataclass(frozen=True, slots=True)
class By:
    """Who takes it in: an account, or a user of the machine."""

    account: UUID | None
    user: str = ""


def take(conn: Conn, found: Checked, by: By, progress: Progress = lambda *_: None) -> None:
    """Everything that was found new or altered is so from now on; ValueError where a cell stands in the way."""
    if found.problems:
        raise ValueError("the file has bad cells: nothing of it is taken in")
    total, done = len(found.new) + len(found.altered), 0
    progress("writing", done, total)
    _settle(conn, found.new)
    progress("writing", len(found.new), total)
    _alter(conn, found.altered)
    progress("writing", total, total)
    _note(conn, found, by)


# Those who are new ----------------------------------------------------------------------------------------------------

HOMES = "COPY home (id, area_id, address, note, number) FROM STDIN"
RESIDENTS = "COPY resident (id, home_id, name, initials, born, number, sex, care_level, speaks) FROM STDIN"
BEDS = "COPY care_bed (id, resident_id, number, set_up) FROM STDIN"
CONTACTS = "COPY contact (id, resident_id, name, phone, relation, position) FROM STDIN"


def _settle(conn: Conn, new: Sequence[Newcomer]) -> None:
    _copy(
        conn,
        HOMES,
        (
            (one.home_id, one.area_id, one.entry.address, one.entry.note, one.entry.household or None)
            for one in new
            if one.home_new
        ),
    )
    _copy(conn, RESIDENTS, (_resident(one) for one in new))
    _copy(
        conn,
        BEDS,
        ((new_id(), one.resident_id, one.entry.bed, one.entry.set_up) for one in new if one.entry.bed),
    )
    _copy(
        conn,
        CONTACTS,
        (
            (new_id(), one.resident_id, person.name, person.phone, person.relation, position)
            for one in new
            for position, person in enumerate(_people(one.entry), start=1)
        ),
    )


def _resident(one: Newcomer) -> tuple[object, ...]:
    entry = one.entry
    return (
        one.resident_id, one.home_id, entry.name, initials(entry.name), entry.born, entry.number, entry.sex,
        entry.care_level, entry.speaks,
    )  # fmt: skip


def _people(entry: Entry) -> list[Person]:
    """Whom to call, the resident's own telephone last: the family is told first."""
    own = [Person(entry.name, entry.phone, SELF)] if entry.phone else []
    return [*entry.contacts, *own]


def _copy(conn: Conn, statement: LiteralString, rows: Iterable[Sequence[object]]) -> None:
    with conn.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


# Those who are known --------------------------------------------------------------------------------------------------

ALTER = """
    UPDATE resident r
       SET number = n.number, name = n.name, initials = string_to_array(n.initials, ' '),
           born = coalesce(n.born, r.born),
           sex = coalesce(nullif(n.sex, ''), r.sex), care_level = coalesce(nullif(n.care_level, ''), r.care_level),
           speaks = coalesce(nullif(n.speaks, ''), r.speaks)
      FROM unnest(%(ids)s::uuid[], %(numbers)s::text[], %(names)s::text[], %(initials)s::text[], %(born)s::date[],
                  %(sexes)s::text[], %(levels)s::text[], %(speaks)s::text[])
           AS n (id, number, name, initials, born, sex, care_level, speaks)
     WHERE r.id = n.id
"""
ALTER_HOMES = """
    UPDATE home h
       SET area_id = n.area_id, address = coalesce(nullif(n.address, ''), h.address),
           note = coalesce(nullif(n.note, ''), h.note), number = coalesce(nullif(n.number, ''), h.number)
      FROM unnest(%(homes)s::uuid[], %(areas)s::integer[], %(addresses)s::text[], %(notes)s::text[],
                  %(households)s::text[]) AS n (id, area_id, address, note, number)
     WHERE h.id = n.id
"""
ALTER_BEDS = """
    UPDATE care_bed b SET set_up = n.set_up
      FROM unnest(%(beds)s::uuid[], %(set_up)s::date[]) AS n (id, set_up)
     WHERE b.id = n.id AND n.set_up IS NOT NULL
"""
ALTER_CONTACTS = """
    UPDATE contact c SET name = n.name, phone = n.phone, relation = n.relation
      FROM unnest(%(ids)s::uuid[], %(names)s::text[], %(phones)s::text[], %(relations)s::text[])
           AS n (id, name, phone, relation)
     WHERE c.id = n.id
"""


def _alter(conn: Conn, altered: Sequence[Altered]) -> None:
    entries = [one.entry for one in altered]
    conn.execute(
        ALTER,
        {
            "ids": [one.known.id for one in altered],
            "numbers": [entry.number for entry in entries],
            "names": [entry.name for entry in entries],
            "initials": [" ".join(initials(entry.name)) for entry in entries],
            "born": [entry.born for entry in entries],
            "sexes": [entry.sex for entry in entries],
            "levels": [entry.care_level for entry in entries],
            "speaks": [entry.speaks for entry in entries],
        },
        prepare=False,
    )
    homes = {one.known.home_id: one for one in altered}  # two of one home say the same of it, or the last one counts
    conn.execute(
        ALTER_HOMES,
        {
            "homes": list(homes),
            "areas": [one.area_id for one in homes.values()],
            "addresses": [one.entry.address for one in homes.values()],
            "notes": [one.entry.note for one in homes.values()],
            "households": [one.joins for one in homes.values()],
        },
        prepare=False,
    )
    in_bed = [one for one in altered if one.known.bed_id is not None]
    terms = {"beds": [one.known.bed_id for one in in_bed], "set_up": [one.entry.set_up for one in in_bed]}
    conn.execute(ALTER_BEDS, terms, prepare=False)
    beds = ((new_id(), one.known.id, one.entry.bed, one.entry.set_up) for one in altered if _gets_bed(one))
    _copy(conn, BEDS, beds)
    _alter_contacts(conn, altered)


def _gets_bed(one: Altered) -> bool:
    return bool(one.entry.bed) and one.known.bed is None


def _alter_contacts(conn: Conn, altered: Sequence[Altered]) -> None:
    known: list[tuple[UUID, Person]] = []
    added: list[tuple[object, ...]] = []
    for one in altered:
        last = max((contact.position for contact in one.known.contacts), default=0)
        for person in _people(one.entry):
            own = person.relation == SELF
            match = one.known.own_phone() if own else matching(one.known, person)
            if match is None:
                last += 1
                added.append((new_id(), one.known.id, person.name, person.phone, person.relation, last))
            else:
                known.append((match.id, Person(person.name, person.phone, person.relation or match.relation)))
    conn.execute(
        ALTER_CONTACTS,
        {
            "ids": [id_ for id_, _ in known],
            "names": [person.name for _, person in known],
            "phones": [person.phone for _, person in known],
            "relations": [person.relation for _, person in known],
        },
        prepare=False,
    )
    _copy(conn, CONTACTS, added)


# Who did it -----------------------------------------------------------------------------------------------------------

EACH = "COPY audit (account_id, by_user, action, resident_id, reason) FROM STDIN"
ACTION = "import residents"


def _note(conn: Conn, found: Checked, by: By) -> None:
    """One line for the file with its counts, and one for each resident: which columns, never what stands in them."""
    said = f"{found.rows} rows: {len(found.new)} new, {len(found.altered)} changed, {found.same} the same"
    audit.note(conn, by.account, ACTION, reason=said, by_user=by.user)
    lines = [(one.resident_id, "new") for one in found.new]
    lines += [(one.known.id, ", ".join(change.column for change in one.changes)) for one in found.altered]
    _copy(conn, EACH, ((by.account, by.user, "import resident", resident, why) for resident, why in lines))
