"""What the platform says: one sentence with facts, for people or as JSON; never a name, a payload or a vital sign."""

import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import Processor

Event = MutableMapping[str, Any]

NOT_FOR_LOGS = frozenset(
    {
        "payload", "value", "values", "data", "body", "evidence", "name", "resident", "person", "patient", "username",
        "address", "phone", "contact", "note", "password", "pass", "secret", "token", "seed", "url", "database_url",
        "mqtt_url", "authorization", "cookie",
    }
)  # fmt: skip
"""Facts that are left out wherever they turn up."""

_TALKATIVE = ("apscheduler", "psycopg", "psycopg.pool", "nats", "uvicorn", "websockets", "asyncio", "urllib3")


def configure(log_format: str, level: str) -> None:
    """Route everything that is said, by us and by the libraries, through the same rules to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
        tell_where_not_what,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(log_format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    sys.excepthook = _say_uncaught
    threading.excepthook = _say_uncaught_in_thread


def _renderer(log_format: str) -> Any:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """Leave out the facts that no log may hold."""
    for key in list(event):
        if key.lower() in NOT_FOR_LOGS:
            event[key] = "[left out]"
    return event


def tell_where_not_what(_logger: Any, _method: str, event: Event) -> Event:
    """An error's type and place, without its message: that may quote a row or a reading."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = " < ".join(_places(error.__traceback__))
    return event


def _places(trace: TracebackType | None) -> list[str]:
    frames = reversed(traceback.extract_tb(trace))
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]


def _say_uncaught(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        structlog.get_logger("launch").critical("ended by a fault of ours", exc_info=error)


def _say_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        structlog.get_logger("launch").critical("a thread ended by a fault of ours", exc_info=args.exc_value)
