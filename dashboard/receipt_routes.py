"""Receipts over HTTP: providers that call back say what became of a message; only what they have signed counts."""

import hmac
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request

from care.receipts import twilio_receipt, twilio_signature
from dashboard.answers import Refused, not_found
from dashboard.desk import AtDesk
from records import receipts

router = APIRouter(prefix="/api/receipts", tags=["messages"])

MOST_FIELDS = 200
_MOST_ID = 2**63 - 1


async def _form(request: Request) -> list[tuple[str, str]]:
    """The fields of a form, as they were sent."""
    try:
        return parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(422, "body: send a form (application/x-www-form-urlencoded)", "body") from None


@router.post("/twilio/{delivery_id}", status_code=204)
def twilio(
    delivery_id: int, request: Request, form: Annotated[list[tuple[str, str]], Depends(_form)], desk: AtDesk
) -> None:
    """A status callback of Twilio's, signed with the account's token over the address that we gave for it."""
    if not (desk.outside.twilio_token and desk.outside.public_url):
        raise not_found("provider")
    asked = f"{desk.outside.public_url.rstrip('/')}{request.url.path}"
    expected = twilio_signature(desk.outside.twilio_token, asked, form)
    if not hmac.compare_digest(request.headers.get("x-twilio-signature", "").encode(), expected.encode()):
        raise Refused(403, "X-Twilio-Signature: not that of this account for this address; see docs/notifications.md")
    receipt = twilio_receipt(dict(form))
    if receipt is not None and 0 < delivery_id <= _MOST_ID:
        with desk.database.transaction() as conn:
            receipts.note(conn, delivery_id, receipt, datetime.now(UTC))
