"""Finding somebody among 22,100, and the other lists of the pages, as a browser gets them: over HTTP, one at a time."""

import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2

from benchmarks import city
from benchmarks.desk import dashboard
from benchmarks.falls import Latencies
from benchmarks.report import Report
from records.names import initials

SEARCH_AIM = 100
"""Milliseconds at the 99th percentile."""
_EACH = 100
_LISTS = {
    "devices, all": "/api/devices?limit=50",
    "devices, silent": "/api/devices?state=silent&limit=50",
    "the few numbers": "/api/summary",
}

Query = tuple[str, Mapping[str, str]]


def measure(report: Report, where: str, database_url: str, folder: Path) -> None:
    """Search by each of the ways, then read the lists."""
    people = city.populate(database_url)
    everything: list[float] = []
    with dashboard(folder, database_url) as desk, desk.operator() as browser:
        for what, texts in searches(people, random.Random(2)).items():
            found = _timed(browser, (("/api/residents", {"search": text, "limit": "50"}) for text in texts))
            everything += found.all
            report.below(f"search by {what}, p99 ({where})", found.percentile(99), "ms", SEARCH_AIM)
        whole = Latencies(sorted(everything))
        report.below(f"search, {city.RESIDENTS:,} people, p50 ({where})", whole.percentile(50), "ms")
        report.below(f"search, {city.RESIDENTS:,} people, p99 ({where})", whole.percentile(99), "ms", SEARCH_AIM)
        for what, path in _LISTS.items():
            found = _timed(browser, ((path, {}) for _ in range(_EACH // 4)))
            report.below(f"{what}, p50 ({where})", found.percentile(50), "ms")


def searches(people: list[tuple[str, str, str]], chance: random.Random) -> dict[str, list[str]]:
    """What somebody may type, by how it is looked for; each finds somebody."""
    some = chance.choices(people, k=_EACH)
    return {
        "surname": [name[0] for name, _, _ in some],
        "whole name": [name for name, _, _ in some],
        "initials": [initials(name)[0] for name, _, _ in some],
        "two initials": [initials(name)[0][:2] for name, _, _ in some],
        "bed": [bed for _, bed, _ in some],
        "phone tail": [phone[-4:] for _, _, phone in some],
        "nothing": [""] * _EACH,
    }


def _timed(browser: httpx2.Client, queries: Iterator[Query]) -> Latencies:
    taken = []
    for path, query in queries:
        started = time.perf_counter()
        answer = browser.get(path, params=query)
        taken.append((time.perf_counter() - started) * 1000)
        found = answer.raise_for_status().json()
        if found.get("residents") == []:
            raise RuntimeError(f"nobody is found for {query}")
    return Latencies(sorted(taken))
