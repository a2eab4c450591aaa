"""The page itself: plain files beside this module. Nothing is fetched from anywhere else."""

from importlib.resources import as_file, files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

with as_file(files("dashboard") / "static") as folder:
    STATIC = Path(folder)

router = APIRouter(include_in_schema=False)

# The names of the files never change, so the browser asks each time whether it has the newest; mostly it has (304).
_ASK_FIRST = {"cache-control": "no-cache"}


class Files(StaticFiles):
    """Static files that are asked for anew, by ETag."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        response = await super().get_response(path, scope)
        response.headers.update(_ASK_FIRST)
        return response


@router.get("/")
def index() -> FileResponse:
    """The page."""
    return FileResponse(STATIC / "index.html", headers=_ASK_FIRST)


@router.get("/favicon.ico")
def icon() -> FileResponse:
    """What browsers ask for by themselves."""
    return FileResponse(STATIC / "icon.svg", headers=_ASK_FIRST)
