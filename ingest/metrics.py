"""What ingest tells Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("ankang_ingest_messages_total", "Messages made durable and acknowledged", ["lane"])
QUARANTINED = Counter("ankang_ingest_quarantined_total", "Messages, or parts of one, kept aside", ["lane"])
SIGNALS = Counter("ankang_ingest_signals_total", "Readings and events handed to the alerts", ["lane"])
COMMIT = Histogram("ankang_ingest_commit_seconds", "Taking a batch to committing it", ["lane"])
WAITING = Gauge("ankang_ingest_waiting_messages", "Messages in the inbox", ["lane"])
READY = Gauge("ankang_ingest_session_ready", "1 while the durable session is proven", ["lane"])
