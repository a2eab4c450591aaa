"""`ankang reach` and `ankang consent`: entered, listed and struck off at the command line, without a page."""

from datetime import date
from uuid import UUID

import pytest
from typer.testing import CliRunner

from care.people import Role
from launch.cli import app
from launch.postgres import EmbeddedPostgres
from records.database import Database
from records.ids import new_id
from records.login import accounts
from tests.centre import id_of
from tests.people import give
from tests.told import daughter


@pytest.fixture
def contact(database: Database, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """The daughter of Wang Guizhen, whose care bed is MAS-0001, on the database that the commands find."""
    give(database, "王桂珍", "band-1")
    found = UUID(daughter(database, "王桂珍").id)
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (%s, %s, 'MAS-0001', %s)",
            (new_id(), id_of(database, "王桂珍"), date(2025, 3, 1)),
        )
        accounts.create_account(conn, "李敏", "long-enough-for-a-test", Role.OPERATOR)
        name = conn.info.dbname
    path, _, query = postgres.url.partition("?")
    monkeypatch.setenv("ANKANG_DATABASE_URL", f"{path.rpartition('/')[0]}/{name}?{query}")
    return found


def say(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.output


def test_an_account_s_addresses_are_entered_listed_and_struck_off(contact: UUID, database: Database) -> None:
    assert contact and "no address" in say("reach", "list", "--account", "李敏")[1]
    code, said = say("reach", "add", "sms", "138 5551 2345", "--account", "李敏", "--language", "en")
    number = said.split()[1].rstrip(":")
    assert code == 0
    assert say("reach", "add", "pages", "pages", "--account", "李敏", "--position", "2", "--quiet-to", "22:00")[0] == 0
    listed = say("reach", "list", "--account", "李敏")[1]
    assert f"{number}  1  sms  +8613855512345  en  quiet 22:00-07:00" in listed
    assert "2  pages  pages  zh-CN  never quiet" in listed
    assert say("reach", "strike", number, "--account", "李敏")[0] == 0
    assert say("reach", "strike", number, "--account", "李敏")[0] == 1
    with database.transaction() as conn:
        lines = conn.execute("SELECT action, subject FROM audit ORDER BY id").fetchall()
    assert [action for action, _ in lines] == ["add address", "add address", "strike address"]
    assert not any("138" in subject for _, subject in lines)


def test_a_contact_s_webhook_may_be_inside_our_network_and_its_secret_is_shown_once(contact: UUID) -> None:
    add = ("reach", "add", "webhook", "http://10.0.0.7/hook", "--contact", str(contact))
    assert "shown only now" in say(*add)[1] and "shown only now" not in say(*add)[1]
    listed = say("reach", "list", "--bed", "MAS-0001")[1]
    assert f"contact {contact}" in listed and "http://10.0.0.7/hook" in listed


@pytest.mark.parametrize(
    "words",
    [
        ("add", "sms", "12345", "--account", "李敏"),
        ("add", "sms", "13855512345", "--account", "nobody"),
        ("add", "sms", "13855512345"),
        ("add", "sms", "13855512345", "--account", "李敏", "--quiet-from", "late"),
        ("add", "sms", "13855512345", "--account", "李敏", "--language", "fr"),
        ("add", "sms", "13855512345", "--contact", "00000000-0000-0000-0000-000000000007"),
        ("list", "--bed", "MAS-9999"),
        ("list",),
    ],
)
@pytest.mark.usefixtures("contact")
def test_what_can_not_be_is_refused_in_one_sentence(words: tuple[str, ...]) -> None:
    code, said = say("reach", *words)
    assert code == 1 and "Traceback" not in said and said.startswith("ankang: ")


@pytest.mark.usefixtures("contact")
def test_a_consent_is_given_listed_and_withdrawn_and_in_the_audit_log(database: Database) -> None:
    bed = ("--bed", "MAS-0001")
    assert say("consent", "give", "sms", *bed, "--evidence", "form of 2026-11-20")[0] == 0
    assert say("consent", "give", "sms", *bed, "--evidence", "again")[0] == 1
    assert say("consent", "give", "pages", *bed, "--evidence", "form")[0] == 1
    assert "in force  form of 2026-11-20" in say("consent", "list", *bed)[1]
    assert say("consent", "withdraw", "sms", *bed)[0] == 0
    assert "withdrawn" in say("consent", "list", *bed)[1]
    with database.transaction() as conn:
        actions = [row[0] for row in conn.execute("SELECT action FROM audit WHERE resident_id IS NOT NULL ORDER BY id")]
    assert actions == ["give consent", "withdraw consent"]
