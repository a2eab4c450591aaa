"""The console: files that `dashboard.build` makes beside this module. Nothing is fetched from anywhere else."""

from importlib.resources import as_file, files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

with as_file(files("dashboard")) as folder:
    STATIC = Path(folder) / "built"

router = APIRouter(include_in_schema=False)

# The browser asks each time whether it has the newest; mostly it has (304).
_ASK_FIRST = "no-cache"
# A file whose name has a fingerprint of its content in it is never another one.
_FOR_EVER = "public, max-age=31536000, immutable"
_FINGERPRINTED = "assets/"


class Files(StaticFiles):
    """The built files, packed where the browser can unpack them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        response = await self._packed(path, scope) or await super().get_response(path, scope)
        response.headers["cache-control"] = _FOR_EVER if path.startswith(_FINGERPRINTED) else _ASK_FIRST
        return response

    async def _packed(self, path: str, scope: Scope) -> Response | None:
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
        if b"gzip" not in accepted:
            return None
        try:
            response = await super().get_response(f"{path}.gz", scope)
        except HTTPException:
            return None  # too small to be worth it
        # By the name of the file itself: of the packed one it would be that of an archive.
        response.headers["content-type"] = FileResponse(path).headers["content-type"]
        response.headers["content-encoding"] = "gzip"
        response.headers["vary"] = "accept-encoding"
        return response


def _page(name: str) -> Response:
    file = STATIC / name
    if not file.exists():
        return PlainTextResponse("The console has not been built; run: python -m dashboard.build\n", 503)
    return FileResponse(file, headers={"cache-control": _ASK_FIRST})


@router.get("/")
def index() -> Response:
    """The console."""
    return _page("index.html")


@router.get("/docs")
def docs() -> Response:
    """The API, shown from its description."""
    return _page("docs.html")


@router.get("/sw.js")
def service_worker() -> Response:
    """What shows messages while no page is open; from the top, so that it is of every page."""
    return _page("sw.js")


@router.get("/favicon.ico")
def icon() -> Response:
    """What browsers ask for by themselves."""
    return _page("icon.svg")
