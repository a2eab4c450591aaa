"""Where the broker is, read from `mqtt://user:password@host:port`."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Broker:
    """One MQTT 3.1.1 broker and how we log in to it."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def broker(url: str) -> Broker:
    """The broker that this URL names; ValueError, without the URL and its secret, where it names none."""
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise ValueError("ANKANG_MQTT_URL: use mqtt://user:password@host:port (or mqtts://)")
    tls = parts.scheme == "mqtts"
    return Broker(
        parts.hostname,
        parts.port or (8883 if tls else 1883),
        tls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )
