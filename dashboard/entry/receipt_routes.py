"""Receipts over HTTP: what providers that call back, and browsers, say became of a message, where they prove it."""

import hmac
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from care.notices import State
from care.receipts import Receipt, push_proof, twilio_receipt, twilio_signature
from dashboard.answers import Refused, not_found
from dashboard.desk import AtDesk
from records.telling import receipts

router = APIRouter(prefix="/api/receipts", tags=["messages"])

MOST_FIELDS = 200
Delivery = Annotated[int, Path(ge=1, lt=2**63)]


async def _form(request: Request) -> list[tuple[str, str]]:
    """The fields of a form, as they were sent."""
    try:
        return parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(422, "body: send a form (application/x-www-form-urlencoded)", "body") from None


@router.post("/twilio/{delivery_id}", status_code=204)
def twilio(
    delivery_id: Delivery, request: Request, form: Annotated[list[tuple[str, str]], Depends(_form)], desk: AtDesk
) -> None:
    """A status callback of Twilio's, signed with the account's token over the address that we gave for it."""
    if not (desk.outside.twilio_token and desk.outside.public_url):
        raise not_found("provider")
    asked = f"{desk.outside.public_url.rstrip('/')}{request.url.path}"
    expected = twilio_signature(desk.outside.twilio_token, asked, form)
    if not hmac.compare_digest(request.headers.get("x-twilio-signature", "").encode(), expected.encode()):
        raise Refused(403, "X-Twilio-Signature: not that of this account for this address; see docs/notifications.md")
    receipt = twilio_receipt(dict(form))
    if receipt is not None:
        with desk.database.transaction() as conn:
            receipts.note(conn, delivery_id, receipt, datetime.now(UTC))


class Shown(BaseModel):
    """A browser has shown a message, or somebody has opened it; `proof` came with the message."""

    model_config = ConfigDict(extra="forbid")
    state: Literal["delivered", "read"]
    proof: Annotated[str, Field(min_length=64, max_length=64)]


@router.post("/push/{delivery_id}", status_code=204)
def push(delivery_id: Delivery, shown: Shown, desk: AtDesk) -> None:
    """Our service worker's word; whoever is told may have logged out long ago."""
    if not desk.outside.push_secret:
        raise not_found("provider")
    if not hmac.compare_digest(shown.proof.encode(), push_proof(desk.outside.push_secret, delivery_id).encode()):
        raise Refused(403, "proof: not the one that came with this message", "proof")
    with desk.database.transaction() as conn:
        receipts.note(conn, delivery_id, Receipt(State(shown.state)), datetime.now(UTC))
