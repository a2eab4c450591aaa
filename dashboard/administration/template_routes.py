"""What messages say, over HTTP: the words that come along and the installation's own, tried before they are set."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from care.notices import Purpose
from care.said import LANGUAGES
from care.templates import EDITABLE, Fault, Template, default, faults, filled, gaps_of, made_up, sms_parts
from dashboard.answers import NO_NUL, Refused
from dashboard.desk import AtDesk, Care, CareOf
from records.login import audit
from records.telling import templates
from records.telling.templates import OwnTemplate

router = APIRouter(prefix="/api/templates", tags=["messages"])

Language = Literal["zh-CN", "en"]
ForChannel = Literal["any", "push", "sms", "voice", "email", "webhook", "apprise"]


class Shipped(BaseModel):
    """What comes along for a purpose in a language, and the gaps that it may have."""

    purpose: Purpose
    language: Language
    title: str
    text: str
    gaps: list[str]


class Templates(BaseModel):
    """The words that come along, and those that hold instead of them."""

    shipped: list[Shipped]
    own: list[OwnTemplate]


class Which(BaseModel):
    """Of which purpose, by which channel (`any`: by each that has none of its own), in which language."""

    model_config = ConfigDict(extra="forbid")
    purpose: Purpose
    channel: ForChannel = "any"
    language: Language


class Wording(Which):
    """A title and a text with gaps, as {name}."""

    title: Annotated[str, Field(max_length=1000, pattern=NO_NUL)]
    text: Annotated[str, Field(max_length=5000, pattern=NO_NUL)]


class Read(BaseModel):
    """How it reads for a made-up person, into how many SMS it is cut, and what is wrong with it."""

    title: str
    text: str
    sms: int
    letters: int
    faults: list[Fault]


@router.get("")
def list_templates(care: Care, desk: AtDesk) -> Templates:
    """What every message says."""
    shipped = [
        Shipped(
            purpose=purpose, language="zh-CN" if language == "zh-CN" else "en",
            title=default(purpose, language).title, text=default(purpose, language).text, gaps=list(gaps_of(purpose)),
        )
        for purpose in EDITABLE
        for language in LANGUAGES
    ]  # fmt: skip
    with desk.database.transaction() as conn:
        return Templates(shipped=shipped, own=list(templates.own(conn)))


@router.post("/preview")
def preview(wording: Wording, care: Care) -> Read:
    """How it would read; nothing is set."""
    template = Template(wording.title, wording.text)
    found = faults(wording.purpose, template)
    known = made_up(wording.purpose, wording.language)
    parts = known | {gap: "" for gap in gaps_of(wording.purpose) if gap not in known}
    readable = not {Fault.UNKNOWN_GAP, Fault.BRACE} & set(found)
    title, text = (filled(one, parts) if readable else one for one in (wording.title, wording.text))
    return Read(title=title, text=text, sms=sms_parts(text), letters=len(text), faults=found)


@router.put("", status_code=204)
def set_template(wording: Wording, care: Care, desk: AtDesk) -> None:
    """Say it so from the next message on."""
    _everywhere(care, wording.purpose)
    template = Template(wording.title.strip(), wording.text.strip())
    if found := faults(wording.purpose, template):
        raise Refused(422, f"text: {', '.join(found)}", "text", faults=[str(one) for one in found])
    _change(desk, care, wording, template)


@router.post("/back", status_code=204)
def back(which: Which, care: Care, desk: AtDesk) -> None:
    """Say it as it comes along."""
    _everywhere(care, which.purpose)
    _change(desk, care, which, None)


def _change(desk: AtDesk, care: CareOf, which: Which, template: Template | None) -> None:
    account = care.session.account.id
    with desk.database.transaction() as conn:
        was = templates.change(conn, which.purpose, which.channel, which.language, template, account, datetime.now(UTC))
        if template is None and not was:
            raise Refused(409, "purpose: it is said as it comes along already", "purpose")
        action = "set template" if template else "take back template"
        audit.note(conn, account, action, subject=f"{which.purpose}/{which.channel}/{which.language}")


def _everywhere(care: CareOf, purpose: Purpose) -> None:
    """Messages say the same in every county: only who works for the whole city changes them."""
    if care.scope.areas is not None:
        raise Refused(422, "purpose: only who works for the whole city may change it", "purpose")
    if purpose not in EDITABLE:
        raise Refused(422, "purpose: nobody reads this one", "purpose")
