"""The web application: the routes, the guard before them, and the page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from dashboard import pages, watching
from dashboard.administration import (
    account_routes,
    aid_routes,
    area_routes,
    audit_routes,
    device_routes,
    equip_routes,
    import_routes,
    keeping_routes,
    place_routes,
    plan_routes,
    rule_routes,
    template_routes,
    vendor_routes,
)
from dashboard.answers import add_answers
from dashboard.described import describe
from dashboard.desk import AtDesk, Care, Desk, by_the_rules
from dashboard.entry import login, reach_routes, receipt_routes, second_step_routes, token_routes
from dashboard.guard import Guard
from dashboard.health import Report
from dashboard.packed import Packed
from dashboard.phones import (
    family_acts,
    family_app,
    family_login,
    family_orders,
    family_pages,
    family_papers,
    link_pages,
    respond_pages,
    today_pages,
)
from dashboard.phones.rendered import PLAIN, PlainFiles
from dashboard.residents import (
    absence_routes,
    consent_routes,
    contact_routes,
    coverage_routes,
    document_routes,
    fhir_routes,
    health_routes,
    leaving_routes,
    link_routes,
    resident_routes,
    sheet_routes,
    way_in_routes,
)
from dashboard.rounds import checkin_plan_routes, checkin_routes, order_routes, visit_duty_routes, visit_routes
from dashboard.seat import (
    alert_routes,
    case_routes,
    drill_routes,
    duty_routes,
    missed_routes,
    offer_routes,
    script_routes,
    shift_routes,
    step_routes,
    wall_routes,
    work_routes,
)
from dashboard.sheets import figure_routes, list_routes
from records.readings.summary import Summary, summary

_OWN = APIRouter(tags=["platform"])


@_OWN.get("/api/health", responses={503: {"model": Report, "description": "The database can't be reached."}})
def health(desk: AtDesk, response: Response) -> Report:
    """How every part of the platform is; 503 while the database can't be reached."""
    report = desk.report or desk.look()
    if not report.database:
        response.status_code = 503
    return report


@_OWN.get("/api/summary")
def numbers(care: Care, desk: AtDesk) -> Summary:
    """How much is watched over, and how much of it needs somebody."""
    with desk.database.transaction() as conn:
        return summary(conn, care.scope, datetime.now(UTC))


@_OWN.get("/metrics", include_in_schema=False)
def metrics(desk: AtDesk) -> Response:
    """Counts for Prometheus."""
    return Response(desk.metrics.text(), media_type=CONTENT_TYPE_LATEST)


_PARTS = (
    _OWN,
    login.router,
    second_step_routes.router,
    list_routes.router,
    alert_routes.router,
    step_routes.router,
    case_routes.router,
    offer_routes.router,
    missed_routes.router,
    duty_routes.router,
    shift_routes.router,
    drill_routes.router,
    work_routes.router,
    figure_routes.router,
    resident_routes.router,
    keeping_routes.router,
    absence_routes.router,
    contact_routes.router,
    reach_routes.router,
    consent_routes.router,
    health_routes.router,
    way_in_routes.router,
    document_routes.router,
    leaving_routes.router,
    fhir_routes.router,
    sheet_routes.router,
    receipt_routes.router,
    checkin_routes.router,
    checkin_plan_routes.router,
    visit_routes.router,
    visit_duty_routes.router,
    order_routes.router,
    equip_routes.router,  # its /devices/labels goes before /devices/{vendor}/{device}
    device_routes.router,
    aid_routes.router,
    vendor_routes.router,
    coverage_routes.router,
    wall_routes.router,
    link_routes.router,
    link_pages.router,
    family_login.router,
    family_app.router,
    family_pages.router,
    family_orders.router,
    family_acts.router,
    family_papers.router,
    account_routes.router,
    import_routes.router,
    token_routes.router,
    area_routes.router,
    place_routes.router,
    audit_routes.router,
    rule_routes.router,
    script_routes.router,
    plan_routes.router,
    template_routes.router,
    pages.router,
    today_pages.router,  # before the call-outs: today is none
    respond_pages.router,
    watching.router,
)


def create_app(desk: Desk) -> FastAPI:
    """The application over this desk."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        desk.hub.start(asyncio.get_running_loop())
        yield

    app = FastAPI(
        title="Ankang 安康",
        summary="Monitoring of old people who live at home: alerts, residents, observations.",
        version=_version(),
        openapi_url="/api/openapi.json",
        docs_url=None,  # it would load from elsewhere; ours is in pages
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(by_the_rules)],
    )
    app.state.desk = desk
    add_answers(app)
    link_pages.add_turned(app)
    for part in _PARTS:
        app.include_router(part)
    app.mount("/plain", PlainFiles(directory=PLAIN), name="plain")
    app.mount("/static", pages.Files(directory=pages.STATIC, check_dir=False), name="static")
    describe(app, desk.cookie)
    app.add_middleware(Packed)
    app.add_middleware(Guard, metrics=desk.metrics)
    return app


def _version() -> str:
    try:
        return version("ankang")
    except PackageNotFoundError:
        return "0"
