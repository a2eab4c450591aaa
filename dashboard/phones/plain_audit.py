"""The audit log in plain words, for the family: what was done, without the addresses of routes. Pure."""

import re
from collections.abc import Sequence

_DID: Sequence[tuple[str, str]] = (
    (r"family said", "family_said"),
    (r"open link", "open_link"),
    (r"revoke links|POST .*/links.*", "change_links"),
    (r"GET /family/\{resident_id\}.*", "family_page"),
    (r"call contact|POST .*/contacts/\{contact_id\}/call", "call"),
    (r"reveal.*|POST .*/reveal", "reveal"),
    (r".*(export|\.(pdf|csv|xlsx)|fhir).*", "take_out"),
    (r"GET .*/(observations|band|now|nights|coverage)", "values"),
    (r"GET .*/contacts", "contacts"),
    (r"GET .*/consents", "consents"),
    (r"GET .*/documents.*", "documents"),
    (r"GET .*/(health|health_card|card|assessments|care_plan|access|entry).*", "health"),
    (r"GET .*/(checkins|checkin_plans|visit_duty|home_proof|absences|visits).*", "rounds"),
    (r"GET /api/alerts/.*|GET .*/alerts", "alert"),
    (r"GET /api/residents/\{resident_id\}", "record"),
    (r"POST .*/confirmations", "confirm"),
    (r"POST .*/orders.*|\w+ order", "order"),
    (r"look call-out.*", "call_out"),
    (r"\w+ call-out", "alert_step"),
    (r"\w+ /api/(alerts|offers|figures)/.*", "alert_step"),
    (r"(POST|PUT|DELETE) .*/(contacts|reach|partners).*", "change_contacts"),
    (r"(POST|PUT|DELETE) .*/(checkin_plans|visit_duty|home_proof|absences|visits).*", "change_rounds"),
    (r"(POST|PUT|DELETE) .*/consents.*", "change_consents"),
    (r"(POST|PUT|DELETE) .*/(health|health_card|card|assessments|care_plan|access|entry|documents).*", "change_health"),
    (r"(PUT|POST) .*/rules.*|set limits.*", "change_limits"),
    (r"GET .*", "look"),
)

DID = sorted({key for _, key in _DID} | {"change"})
"""Every key of `family.did.…` that can come of it."""


def did(action: str) -> str:
    """What an action of the log is in plain words, as the last part of a key."""
    return next((key for pattern, key in _DID if re.fullmatch(pattern, action.removeprefix("refused "))), "change")


def refused(action: str) -> bool:
    """Whether whoever wanted it was not let."""
    return action.startswith("refused ")
