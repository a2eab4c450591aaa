"""What access tells Prometheus."""

from prometheus_client import Counter, Gauge

ANSWERS = Counter("ankang_access_answers_total", "Clients that wanted to connect, by what they were told", ["answer"])
CLOSED = Counter("ankang_access_closed_total", "Connections closed because their device was revoked")
GATE_OPEN = Gauge("ankang_access_gate_open", "1 while devices are let in")
