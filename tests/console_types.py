"""The console's types of the API: `python -m tests.console_types` writes them anew after the API has changed."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from dashboard.app import create_app
from dashboard.build import CONSOLE, fetch, run_tool
from dashboard.desk import Desk
from dashboard.live import Hub
from dashboard.metrics import Metrics
from records.database import Database

TYPES = CONSOLE / "src" / "api" / "schema.d.ts"


def description() -> dict[str, Any]:
    """The OpenAPI document; no database is asked for it."""
    nobody, metrics = cast(Database, None), Metrics()
    return create_app(Desk(nobody, nobody, None, False, Hub(nobody, metrics), metrics)).openapi()


def generated() -> str:
    """The types as they should be now."""
    with tempfile.TemporaryDirectory() as folder:
        document, types = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
        document.write_text(json.dumps(description()), "utf-8")
        run_tool("openapi-typescript/bin/cli.js", str(document), "--output", str(types))
        return types.read_text("utf-8")


if __name__ == "__main__":
    fetch()
    TYPES.write_text(generated(), "utf-8")
    sys.stdout.write(f"written: {TYPES.relative_to(Path.cwd())}\n")
