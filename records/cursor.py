"""Where a long list goes on: the sort keys of its last row, opaque to whoever carries them."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson


class BadCursor(ValueError):
    """Not one of ours."""


def written(*keys: object) -> str:
    """The cursor after a row with these keys: strings, numbers, ids and times."""
    return base64.urlsafe_b64encode(orjson.dumps(keys, default=str)).decode().rstrip("=")


def read(cursor: str, *kinds: type) -> Sequence[Any]:
    """The keys of a cursor, of exactly these kinds. Raises BadCursor for anything else."""
    try:
        keys = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise BadCursor("not a cursor") from None
    if not isinstance(keys, list) or [type(key) for key in keys] != list(kinds):
        raise BadCursor("not a cursor of this list")
    return keys


def read_id(cursor: str) -> UUID:
    """The one key of a cursor that is an id. Raises BadCursor."""
    (text,) = read(cursor, str)
    try:
        return UUID(text)
    except ValueError:
        raise BadCursor("not a cursor of this list") from None
