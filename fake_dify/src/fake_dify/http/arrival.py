"""Reads a request, and remembers it for the tests."""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import parse_qsl

from attrs import define, field
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request


@define
class RequestLog:
    """One request as it arrived.

    operation: its operationId, "" for a path that the API does not have.
    headers: without Authorization.
    body: parsed JSON, or the fields of a form (a file as its name), or None.
    status: of the reply, 0 until there is one.
    """

    method: str
    path: str
    operation: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: Any = None
    status: int = 0


def note(request: Request, operation: str) -> RequestLog:
    """Return the log entry of a request whose body is still to be read."""
    headers = {k: v for k, v in request.headers.items() if k != "authorization"}
    return RequestLog(
        request.method, request.url.path, operation, query_parameters(request), headers
    )


def query_parameters(request: Request) -> dict[str, str]:
    """Return the parameters; of several with one name the first counts, as in Dify."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    return dict(reversed(pairs))


async def read_form(request: Request) -> FormData | None:
    """Return the fields of a multipart body, None for any other and for a broken one.

    Browsers and httpx write the quotes in a file's name as %22, which Dify's web framework undoes.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return None
    parser = MultiPartParser(request.headers, request.stream())
    parser.spool_max_size = sys.maxsize  # in memory: no temporary files, no threads
    try:
        form = await parser.parse()
    except MultiPartException:
        return None
    for file in _files(form):
        file.filename = file.filename and file.filename.replace("%22", '"')
    return form


def _files(form: FormData) -> list[UploadFile]:
    return [value for _, value in form.multi_items() if isinstance(value, UploadFile)]


def close_form(form: FormData | None) -> None:
    """Close the files of a form, at once (a task that awaits can be cancelled)."""
    for file in _files(form) if form is not None else ():
        file.file.close()


def readable(body: bytes, form: FormData | None) -> Any:
    """Return a body as the log shows it."""
    if form is not None:
        return {
            name: value.filename if isinstance(value, UploadFile) else value
            for name, value in form.items()
        }
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
