"""A resident's documents over HTTP: kept and handed out as files, never shown in the page."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response
from pydantic import BaseModel

from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, InMyCare
from records.nursing import documents
from records.nursing.documents import Document

router = APIRouter(prefix="/api/residents", tags=["health"])


class Documents(BaseModel):
    """A resident's documents, the newest first."""

    documents: list[Document]


@router.get("/{resident_id}/documents")
def listed(resident: InMyCare, desk: AtDesk) -> Documents:
    """What is kept, without what is in it."""
    with desk.database.transaction() as conn:
        return Documents(documents=documents.of_resident(conn, resident.id))


@router.post("/{resident_id}/documents", status_code=201)
def keep(
    resident: InMyCare,
    care: Care,
    desk: AtDesk,
    name: Annotated[str, Query(min_length=1, max_length=200, pattern=NO_NUL, description="what the file is called")],
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
) -> Documents:
    """Keep a PDF, JPEG or PNG of at most 5 MiB; what it is, is seen by what it holds."""
    with desk.database.transaction() as conn:
        try:
            made = documents.keep(conn, resident.id, name, content, care.session.account.id, datetime.now(UTC))
        except ValueError as problem:
            raise Refused(422, str(problem), "file") from None
        if made is None:
            raise Refused(409, "file: this very file is kept already", "file")
        return Documents(documents=documents.of_resident(conn, resident.id))


@router.get(
    "/{resident_id}/documents/{document_id}",
    response_class=Response,
    responses={200: {"content": {one: {} for one in documents.ENDINGS}}},
)
def download(resident: InMyCare, document_id: UUID, desk: AtDesk) -> Response:
    """The file, to be saved: no browser runs anything in it."""
    with desk.database.transaction() as conn:
        found = documents.content_of(conn, resident.id, document_id)
    if found is None:
        raise not_found("document")
    heads = {"content-disposition": saved_as(found.name)}
    return Response(found.content, media_type=found.media_type, headers=heads)


@router.delete("/{resident_id}/documents/{document_id}")
def remove(resident: InMyCare, document_id: UUID, desk: AtDesk) -> Documents:
    """Delete this file."""
    with desk.database.transaction() as conn:
        if not documents.remove(conn, resident.id, document_id):
            raise not_found("document")
        return Documents(documents=documents.of_resident(conn, resident.id))


def saved_as(name: str) -> str:
    """The header that makes a browser save a file under this name (RFC 6266)."""
    return (
        f"attachment; filename=\"{name.encode('ascii', 'ignore').decode()}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
