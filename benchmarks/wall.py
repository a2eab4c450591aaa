"""The wall while a city changes: frames per second with 2,000 changes a second, and whether a burst arrives whole.

The changes come from the page's own live link, as the hub writes them, so that what is measured is the page alone:
reading, ordering and painting them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks import city, pages
from benchmarks.report import Report
from dashboard.build import build
from records.database import Database
from tests.centre import PASSWORD, employ, open_centre, ring
from tests.people import Wearer

FRAMES_AIM = 30
BURST, A_SECOND, SECONDS, BEDS = 1_000, 2_000, 10, 4_000
SIZES = ((1920, 1080), (3840, 1080))
BED = """
    SELECT d.vendor, d.name, d.id, r.name FROM device d
      JOIN binding b ON b.device_id = d.id JOIN resident r ON r.id = b.resident_id
     WHERE d.kind = 'bed' ORDER BY d.id LIMIT 1
"""
KEEP_THE_LINK = (
    "window.WebSocket = class extends WebSocket { constructor(...all) { super(...all); window.live = this; } }"
)
FLOOD = """async ({ alert, residents, perSecond, seconds }) => {
  const said = (resident, at, phase) => JSON.stringify({
    type: "change", at: new Date().toISOString(), kind: phase, alert: {
      ...alert, id: `bench-${resident}`, case_id: `bench-${resident}`, resident_id: resident, phase,
      priority: ["high", "medium", "low"][at % 3] } });
  const open = new Set();
  let sent = 0, frames = 0, last = performance.now(), slowest = 0;
  const until = last + seconds * 1000, began = last;
  const frame = now => {
    frames += 1;
    slowest = Math.max(slowest, now - last);
    last = now;
    if (now < until) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  while (performance.now() < until) {
    const due = Math.floor((performance.now() - began) / 1000 * perSecond);
    for (; sent < due; sent += 1) {
      const resident = residents[sent * 7919 % residents.length];
      const is = open.has(resident);
      is ? open.delete(resident) : open.add(resident);
      window.live.onmessage({ data: said(resident, sent, is ? "closed" : "raised") });
    }
    await new Promise(go => setTimeout(go, 10));
  }
  const took = (performance.now() - began) / 1000;
  return { frames: frames / took, slowest, sent: sent / took, open: open.size };
}"""
BURST_OF = """({ alert, residents }) => {
  const began = performance.now();
  for (const resident of residents) {
    const one = { ...alert, id: `bench-${resident}`, case_id: `bench-${resident}`, resident_id: resident };
    const change = { type: "change", at: new Date().toISOString(), kind: "raised", alert: one };
    window.live.onmessage({ data: JSON.stringify(change) });
  }
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
    () => done(performance.now() - began))));
}"""


@dataclass(frozen=True, slots=True)
class _Feed:
    """What the page is told: like this alert, in these residents' beds."""

    alert: Any
    residents: list[str]


def measure(report: Report, where: str, database_url: str, _folder: Path) -> None:
    """The wall of 22,100 beds on one and on two screens."""
    if problem := pages.why_not():
        report.skipped(f"the wall ({where})", problem)
        return
    build()
    report.doing("a city moves in")
    city.populate(database_url)
    with Database(database_url) as database, open_centre(database_url) as centre, pages.chromium_alone() as browser:
        feed = _feed(database)
        for width, height in SIZES:
            context = browser.new_context(viewport={"width": width, "height": height})
            context.request.post(f"{centre.url}/api/session", data={"username": "operator", "password": PASSWORD})
            page = context.new_page()
            page.add_init_script(KEEP_THE_LINK)
            page.goto(f"{centre.url}/#/wall")
            page.wait_for_selector(".canvases[data-marks='1']")
            report.doing(f"{width} × {height}")
            _one(report, f"{width} × {height}, {where}", page, feed)
            context.close()


def _feed(database: Database) -> _Feed:
    employ(database, "operator")
    with database.transaction() as conn:
        vendor, name, device, resident = conn.execute(BED).fetchone() or ()
        found = conn.execute("SELECT resident_id FROM care_bed ORDER BY number LIMIT %s", (BEDS,)).fetchall()
    ring(database, Wearer(resident, vendor, name, device))
    return _Feed(None, [str(row[0]) for row in found])


def _one(report: Report, what: str, page: Page, feed: _Feed) -> None:
    alert = page.evaluate("fetch('/api/alerts').then(answer => answer.json()).then(found => found.alerts[0])")
    own = alert["resident_id"]
    others = [resident for resident in feed.residents if resident != own]
    terms = {"alert": alert, "residents": others[:BURST]}
    took = page.evaluate(BURST_OF, terms)
    page.wait_for_selector(f".canvases[data-marks='{BURST + 1}']")
    report.below(f"a burst of {BURST:,} is painted ({what})", took, "ms", 1000)
    terms = {"alert": alert, "residents": others[BURST:], "perSecond": A_SECOND, "seconds": SECONDS}
    found = json.loads(json.dumps(page.evaluate(FLOOD, terms)))
    page.wait_for_selector(f".canvases[data-marks='{BURST + 1 + found['open']}']")
    note = f"{found['sent']:,.0f} changes/s, slowest frame {found['slowest']:.0f} ms, none lost"
    report.above(f"frames while beds change ({what})", found["frames"], "/s", FRAMES_AIM, note)
