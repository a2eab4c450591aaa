"""The route table: what one must be allowed to use each route. A route that isn't in it is closed to everybody."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from care.permissions import Permission


class Open(Enum):
    """Routes that need no permission."""

    TO_ALL = "to all"
    TO_ACCOUNTS = "to accounts"
    """To everybody who has logged in, for their own account."""
    BY_LINK = "by link"
    """To whoever has opened a signed link, or has logged in as family: the pages' own door looks (link_door.py)."""


Rule = Open | Permission

_P = Permission

RULES: Mapping[tuple[str, str], Rule] = MappingProxyType(
    {
        ("GET", "/"): Open.TO_ALL,
        ("GET", "/docs"): Open.TO_ALL,
        ("GET", "/sw.js"): Open.TO_ALL,
        ("GET", "/favicon.ico"): Open.TO_ALL,
        ("GET", "/metrics"): Open.TO_ALL,
        ("GET", "/api/health"): Open.TO_ALL,
        ("POST", "/api/session"): Open.TO_ALL,
        ("DELETE", "/api/session"): Open.TO_ALL,
        ("GET", "/api/session"): Open.TO_ACCOUNTS,
        ("POST", "/api/session/code"): Open.TO_ALL,  # whose password was right a moment ago
        ("PUT", "/api/password"): Open.TO_ACCOUNTS,
        ("GET", "/api/second-step"): Open.TO_ACCOUNTS,
        ("POST", "/api/second-step"): Open.TO_ACCOUNTS,
        ("POST", "/api/second-step/confirm"): Open.TO_ACCOUNTS,
        ("POST", "/api/second-step/off"): Open.TO_ACCOUNTS,
        ("GET", "/api/sessions"): Open.TO_ACCOUNTS,
        ("DELETE", "/api/sessions/{session_id}"): Open.TO_ACCOUNTS,
        ("GET", "/api/tokens"): Open.TO_ACCOUNTS,
        ("POST", "/api/tokens"): Open.TO_ACCOUNTS,
        ("DELETE", "/api/tokens/{token_id}"): Open.TO_ACCOUNTS,
        ("GET", "/api/areas"): Open.TO_ACCOUNTS,
        ("GET", "/api/push-key"): Open.TO_ACCOUNTS,
        ("GET", "/api/channels"): Open.TO_ACCOUNTS,
        ("GET", "/api/reach"): Open.TO_ACCOUNTS,
        ("POST", "/api/reach"): Open.TO_ACCOUNTS,
        ("DELETE", "/api/reach/{reach_id}"): Open.TO_ACCOUNTS,
        ("POST", "/api/reach/{reach_id}/trial"): Open.TO_ACCOUNTS,
        ("POST", "/api/receipts/twilio/{delivery_id}"): Open.TO_ALL,  # who signs it is let in
        ("POST", "/api/receipts/push/{delivery_id}"): Open.TO_ALL,  # who proves it
        ("GET", "/l/{token}"): Open.TO_ALL,  # shows nothing of anybody
        ("POST", "/l/{token}"): Open.TO_ALL,  # who has one that we signed is let in
        ("GET", "/api/accounts"): _P.MANAGE_ACCOUNTS,
        ("POST", "/api/accounts"): _P.MANAGE_ACCOUNTS,
        ("PUT", "/api/accounts/{username}"): _P.MANAGE_ACCOUNTS,
        ("POST", "/api/accounts/{username}/reset"): _P.MANAGE_ACCOUNTS,
        ("POST", "/api/accounts/{username}/second-step-off"): _P.MANAGE_ACCOUNTS,
        ("POST", "/api/accounts/{username}/disable"): _P.MANAGE_ACCOUNTS,
        ("POST", "/api/accounts/{username}/enable"): _P.MANAGE_ACCOUNTS,
        ("GET", "/api/accounts/{username}/residents"): _P.MANAGE_ACCOUNTS,
        ("POST", "/api/accounts/{username}/entrust"): _P.MANAGE_ACCOUNTS,
        ("POST", "/api/accounts/{username}/withdraw"): _P.MANAGE_ACCOUNTS,
        ("GET", "/api/audit"): _P.READ_AUDIT,
        ("LIVE", "/api/live"): _P.WATCH,
        ("GET", "/api/summary"): _P.WATCH,
        ("GET", "/api/wall"): _P.WATCH,
        ("GET", "/api/wall/states"): _P.WATCH,
        ("GET", "/api/alerts"): _P.WATCH,
        ("GET", "/api/alerts/{alert_id}"): _P.WATCH,
        ("POST", "/api/alerts/{alert_id}/answer"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/hand-back"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/contact"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/dispatch"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/arrive"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/see"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/shelve"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/close"): _P.RESPOND,
        ("GET", "/api/alerts/held"): _P.WATCH,
        ("GET", "/api/alerts/{alert_id}/responders"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/release"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/agree"): _P.RESPOND,
        ("POST", "/api/alerts/{alert_id}/refuse"): _P.RESPOND,
        ("GET", "/api/figures"): _P.WATCH,
        ("GET", "/api/figures/today"): _P.WATCH,
        ("GET", "/api/figures/misses"): _P.WATCH,
        ("POST", "/api/figures/misses/{alert_id}"): _P.RESPOND,
        ("GET", "/api/residents"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/observations"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/band"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/now"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/nights"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/alerts"): _P.READ_RESIDENTS,
        ("GET", "/api/duty"): _P.WATCH,
        ("GET", "/api/duty/log"): _P.WATCH,
        ("GET", "/api/duty/cover"): _P.WATCH,
        ("GET", "/api/duty/colleagues"): _P.ARRANGE,
        ("POST", "/api/duty"): _P.ARRANGE,
        ("DELETE", "/api/duty/{shift_id}"): _P.ARRANGE,
        ("POST", "/api/duty/{shift_id}/swap"): _P.ARRANGE,
        ("POST", "/api/duty/{shift_id}/hand-over"): _P.RESPOND,
        ("POST", "/api/duty/{shift_id}/take-over"): _P.RESPOND,
        ("GET", "/api/maintenance"): _P.WATCH,
        ("POST", "/api/maintenance"): _P.RESPOND,
        ("POST", "/api/maintenance/{work_id}/end"): _P.RESPOND,
        ("GET", "/api/offers"): _P.RESPOND,
        ("POST", "/api/offers/{offer_id}/accept"): _P.RESPOND,
        ("POST", "/api/offers/{offer_id}/decline"): _P.RESPOND,
        ("POST", "/api/offers/{offer_id}/arrive"): _P.RESPOND,
        ("POST", "/api/offers/{offer_id}/see"): _P.RESPOND,
        ("GET", "/api/partners"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/partners"): _P.READ_RESIDENTS,
        ("POST", "/api/residents/{resident_id}/partners"): _P.ARRANGE,
        ("DELETE", "/api/residents/{resident_id}/partners/{account_id}"): _P.ARRANGE,
        ("GET", "/api/residents/{resident_id}/absences"): _P.READ_RESIDENTS,
        ("POST", "/api/residents/{resident_id}/absences"): _P.RESPOND,
        ("POST", "/api/residents/{resident_id}/absences/{absence_id}/end"): _P.RESPOND,
        ("GET", "/api/residents/{resident_id}/contacts"): _P.READ_RESIDENTS,
        ("POST", "/api/residents/{resident_id}/contacts"): _P.RESPOND,
        ("PUT", "/api/residents/{resident_id}/contacts/order"): _P.RESPOND,
        ("PUT", "/api/residents/{resident_id}/contacts/{contact_id}"): _P.RESPOND,
        ("DELETE", "/api/residents/{resident_id}/contacts/{contact_id}"): _P.RESPOND,
        ("POST", "/api/residents/{resident_id}/contacts/{contact_id}/call"): _P.REVEAL,
        ("POST", "/api/residents/{resident_id}/contacts/{contact_id}/reach"): _P.RESPOND,
        ("DELETE", "/api/residents/{resident_id}/contacts/{contact_id}/reach/{reach_id}"): _P.RESPOND,
        ("POST", "/api/residents/{resident_id}/contacts/{contact_id}/reach/{reach_id}/trial"): _P.RESPOND,
        ("GET", "/api/residents/{resident_id}/links"): _P.READ_RESIDENTS,
        ("POST", "/api/residents/{resident_id}/links"): _P.RESPOND,
        ("POST", "/api/residents/{resident_id}/links/{link_id}/revoke"): _P.RESPOND,
        ("GET", "/api/residents/{resident_id}/consents"): _P.READ_RESIDENTS,
        ("POST", "/api/residents/{resident_id}/consents"): _P.RESPOND,
        ("POST", "/api/residents/{resident_id}/consents/{channel}/withdraw"): _P.RESPOND,
        ("POST", "/api/residents/{resident_id}/reveal"): _P.REVEAL,
        ("GET", "/api/residents/{resident_id}/health_card"): _P.READ_HEALTH,
        ("POST", "/api/residents/{resident_id}/health_card"): _P.WRITE_HEALTH,
        ("POST", "/api/residents/{resident_id}/health_card/{entry_id}/end"): _P.WRITE_HEALTH,
        ("GET", "/api/residents/{resident_id}/assessments"): _P.READ_HEALTH,
        ("POST", "/api/residents/{resident_id}/assessments"): _P.WRITE_HEALTH,
        ("POST", "/api/residents/{resident_id}/assessments/{assessment_id}/withdraw"): _P.WRITE_HEALTH,
        ("GET", "/api/residents/{resident_id}/care_plan"): _P.READ_HEALTH,
        ("POST", "/api/residents/{resident_id}/care_plan"): _P.WRITE_HEALTH,
        ("POST", "/api/residents/{resident_id}/care_plan/{item_id}/end"): _P.WRITE_HEALTH,
        ("GET", "/api/residents/{resident_id}/documents"): _P.READ_HEALTH,
        ("POST", "/api/residents/{resident_id}/documents"): _P.WRITE_HEALTH,
        ("GET", "/api/residents/{resident_id}/documents/{document_id}"): _P.READ_HEALTH,
        ("DELETE", "/api/residents/{resident_id}/documents/{document_id}"): _P.WRITE_HEALTH,
        ("GET", "/api/residents/{resident_id}/exports"): _P.TAKE_OUT,
        ("POST", "/api/residents/{resident_id}/exports"): _P.TAKE_OUT,
        ("GET", "/api/residents/{resident_id}/exports/{export_id}"): _P.TAKE_OUT,
        ("GET", "/api/residents/{resident_id}/deletion"): _P.TAKE_OUT,
        ("POST", "/api/residents/{resident_id}/deletion"): _P.TAKE_OUT,
        ("GET", "/api/deletions"): _P.TAKE_OUT,
        ("POST", "/api/deletions/{deletion_id}/confirm"): _P.TAKE_OUT,
        ("POST", "/api/deletions/{deletion_id}/refuse"): _P.TAKE_OUT,
        ("GET", "/api/residents/{resident_id}/way_in"): _P.READ_RESIDENTS,
        ("PUT", "/api/residents/{resident_id}/way_in"): _P.RESPOND,
        ("POST", "/api/residents/{resident_id}/way_in/show"): _P.REVEAL,
        ("GET", "/api/checkins"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/checkins"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/checkin_plans"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/checkin_plans/preview"): _P.READ_RESIDENTS,
        ("POST", "/api/residents/{resident_id}/checkin_plans"): _P.PLAN_CHECK_INS,
        ("PUT", "/api/residents/{resident_id}/checkin_plans/{plan_id}"): _P.PLAN_CHECK_INS,
        ("DELETE", "/api/residents/{resident_id}/checkin_plans/{plan_id}"): _P.PLAN_CHECK_INS,
        ("POST", "/api/residents/{resident_id}/checkin_plans/{plan_id}/pause"): _P.PLAN_CHECK_INS,
        ("DELETE", "/api/residents/{resident_id}/checkin_plans/{plan_id}/pause"): _P.PLAN_CHECK_INS,
        ("POST", "/api/residents/{resident_id}/confirmations"): _P.CONFIRM,
        ("GET", "/api/visits/tasks"): _P.READ_RESIDENTS,
        ("GET", "/api/visits/rates"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/visit_duty"): _P.READ_RESIDENTS,
        ("PUT", "/api/residents/{resident_id}/visit_duty"): _P.PLAN_CHECK_INS,
        ("GET", "/api/residents/{resident_id}/home_proof"): _P.READ_RESIDENTS,
        ("POST", "/api/residents/{resident_id}/home_proof/code"): _P.PLAN_CHECK_INS,
        ("PUT", "/api/residents/{resident_id}/home_proof/place"): _P.PLAN_CHECK_INS,
        ("GET", "/api/residents/{resident_id}/visits"): _P.READ_RESIDENTS,
        ("POST", "/api/residents/{resident_id}/visits"): _P.VISIT,
        ("GET", "/api/orders"): _P.READ_RESIDENTS,
        ("GET", "/api/orders/{order_id}"): _P.READ_RESIDENTS,
        ("GET", "/api/residents/{resident_id}/orders"): _P.ORDER,
        ("POST", "/api/residents/{resident_id}/orders"): _P.ORDER,
        ("POST", "/api/orders/{order_id}/accept"): _P.SERVE,
        ("POST", "/api/orders/{order_id}/set-out"): _P.SERVE,
        ("POST", "/api/orders/{order_id}/finish"): _P.SERVE,
        ("POST", "/api/orders/{order_id}/miss"): _P.SERVE,
        ("POST", "/api/orders/{order_id}/decline"): _P.SERVE,
        ("POST", "/api/orders/{order_id}/cancel"): _P.ORDER,
        ("GET", "/api/rules"): _P.RULES,
        ("GET", "/api/rules/{rule_id}"): _P.RULES,
        ("GET", "/api/rules/{rule_id}/history"): _P.RULES,
        ("PUT", "/api/rules/{rule_id}"): _P.RULES,
        ("POST", "/api/rules/{rule_id}/backtests"): _P.RULES,
        ("GET", "/api/rules/{rule_id}/backtests/{backtest_id}"): _P.RULES,
        ("GET", "/api/residents/{resident_id}/rules"): _P.RULES,
        ("PUT", "/api/residents/{resident_id}/rules/{rule_id}"): _P.RULES,
        ("GET", "/api/coverage"): _P.READ_RESIDENTS,
        ("GET", "/api/devices"): _P.READ_DEVICES,
        ("GET", "/api/devices/{vendor}/{device}"): _P.READ_DEVICES,
        ("GET", "/api/quarantine"): _P.READ_DEVICES,
    }
)

FOR_MACHINES = frozenset({("GET", "/api/session"), ("GET", "/api/areas")})
"""Of the routes for one's own account those that a token opens too."""

NOTE_THEMSELVES = frozenset(
    route
    for route, rule in RULES.items()
    if (rule in (_P.MANAGE_ACCOUNTS, _P.RULES, _P.TAKE_OUT) and route[0] != "GET") or rule is _P.REVEAL
)
"""Routes that write their own line into the audit log once it is done, with more in it than the address says."""
