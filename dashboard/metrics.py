"""What Prometheus may know of the dashboard: counts, never a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The counters of one dashboard."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.watchers = Gauge("ankang_watchers", "Live pages that are connected", registry=self._registry)
        self.changes_sent = Counter("ankang_changes_sent", "Changes sent to live pages", registry=self._registry)
        self.caught_up = Counter(
            "ankang_watchers_caught_up", "Times that a slow page was sent back to the database", registry=self._registry
        )
        self.requests = Counter(
            "ankang_http_requests", "Requests answered", ("method", "route", "status"), registry=self._registry
        )
        self.seconds = Histogram(
            "ankang_http_request_seconds", "Time to answer", ("method", "route"), registry=self._registry
        )

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
