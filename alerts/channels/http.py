"""HTTP for the channels: one way to post, and which answers mean "again"."""

from collections.abc import Mapping
from typing import Any

import requests

from alerts.channels.message import NotDelivered

WITHIN = (5.0, 15.0)
"""Seconds to connect, and between two bytes of the answer."""

_AGAIN = {408, 425, 429}


def post(url: str, *, who: str, **options: Any) -> requests.Response:
    """POST, and the answer where it is 2xx; NotDelivered otherwise. Redirects are not followed: they lead elsewhere."""
    try:
        answer = requests.post(url, timeout=WITHIN, allow_redirects=False, **options)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise NotDelivered(f"{who} is not reachable ({type(error).__name__})", try_again=True) from error
    except (requests.RequestException, ValueError) as error:
        raise NotDelivered(f"{who} can't be asked ({type(error).__name__})", try_again=False) from error
    refuse(answer.status_code, who)
    return answer


def refuse(status: int, who: str) -> None:
    """NotDelivered unless this HTTP status means that it was taken."""
    if not 200 <= status < 300:
        raise NotDelivered(f"{who} answered {status}", try_again=status >= 500 or status in _AGAIN)


def json_of(answer: requests.Response, who: str) -> Mapping[str, Any]:
    """The JSON object of an answer; NotDelivered where it is none."""
    try:
        body = answer.json()
    except ValueError as error:
        raise NotDelivered(f"{who} answered without JSON", try_again=True) from error
    if not isinstance(body, dict):
        raise NotDelivered(f"{who} answered with something else", try_again=True)
    return body
