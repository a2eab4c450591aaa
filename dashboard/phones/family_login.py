"""Logging in as family by a plain form, also without JavaScript; and out."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from care.people import Role
from dashboard.answers import Refused
from dashboard.desk import AtDesk
from dashboard.entry.login import check_password, log_out, open_session
from dashboard.phones.link_door import FormFields
from dashboard.phones.rendered import language_of, page
from records.login import second_step

router = APIRouter(include_in_schema=False)


@router.get("/family/login")
def form(request: Request, desk: AtDesk) -> Response:
    """Who are you?"""
    return _form(request, 200, "", secure=desk.secure_cookies)


@router.post("/family/login")
def log_in(request: Request, fields: FormFields, desk: AtDesk) -> Response:
    """Log in; whoever is no family, has to say a code too, or to choose a password first, goes on in the console."""
    try:
        account = check_password(
            desk, request, fields.get("username", "")[:64].strip(), fields.get("password", "")[:256]
        )
    except Refused as refused:
        return _form(request, refused.status, "often", secure=desk.secure_cookies, wait=refused.more.get("wait", 60))
    if account is None:
        return _form(request, 401, "wrong", secure=desk.secure_cookies)
    with desk.database.transaction() as conn:
        needs_code = second_step.second_step(conn, account.id).since is not None
    if needs_code or account.role is not Role.FAMILY:
        return RedirectResponse("/", 303)
    response = RedirectResponse("/" if account.one_time else "/family", 303)
    open_session(desk, request, response, account)
    return response


@router.post("/family/logout")
def out(request: Request, desk: AtDesk) -> Response:
    """Log out. It needs no proof: the session's cookie comes from our own pages only."""
    response = RedirectResponse("/family/login", 303)
    log_out(request, response, desk)
    return response


def _form(request: Request, status: int, problem: str, *, secure: bool, wait: int = 0) -> Response:
    return page(
        request, "family_login.html", language_of(request), status, secure=secure, problem=problem, wait=wait,
    )  # fmt: skip
