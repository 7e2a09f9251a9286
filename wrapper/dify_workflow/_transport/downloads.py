"""Downloading the files that runs give out: what both clients share."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import dify_workflow_api.models as models
import httpx

from .._api.replies import Answer
from ..errors import DifyError, InvalidArgument, RouteNotFound
from ..types.files import base_name
from .messages import user_agent

_ERROR_BYTES = 10_000

Downloadable = models.OutputFile | Mapping[str, Any] | str
Target = str | os.PathLike[str]


def address_of(file: Any, base_url: httpx.URL) -> httpx.URL:
    """Return the URL of a file object or an address; relative ones are the server's."""
    given = file if isinstance(file, str) else _field(file, "url") or _field(file, "remote_url")
    if not isinstance(given, str) or not given:
        raise InvalidArgument("file: a file of a run's outputs, or its URL", field="file")
    try:
        url = base_url.join(given)
    except httpx.InvalidURL as error:
        raise InvalidArgument(f"file: its address is no URL: {error}", field="file") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidArgument("file: its address is not http or https", field="file")
    return url


def target_path(to: Any, file: Any, url: httpx.URL) -> Path | None:
    """The path to write to; in a folder, the file's own name."""
    if to is None:
        return None
    if not isinstance(to, str | os.PathLike):
        raise InvalidArgument("to: a path", field="to")
    path = Path(to)
    if path.is_dir():
        return path / base_name(str(_field(file, "filename") or url.path).replace("\0", ""))
    if not path.parent.is_dir():
        raise InvalidArgument(f"to: no folder at {str(path.parent)!r}", field="to")
    return path


def _field(file: Any, name: str) -> Any:
    return file.get(name) if isinstance(file, dict) else getattr(file, name, None)


def download_request(
    http: httpx.Client | httpx.AsyncClient, url: httpx.URL, timeout: httpx.Timeout
) -> httpx.Request:
    """Return the request; signed addresses need no key, and foreign hosts must not see it."""
    if http.is_closed:
        raise DifyError("the client is closed")
    request = http.build_request("GET", url, headers={"User-Agent": user_agent()}, timeout=timeout)
    request.headers.pop("Authorization", None)
    return request


def refusal_of(response: httpx.Response, body: bytes, url: httpx.URL) -> Exception:
    answer = Answer(response.status_code, response.headers, body[:_ERROR_BYTES], url.path)
    error = answer.error()
    if isinstance(error, RouteNotFound):
        error = answer.not_found("there is no such file")
    if response.status_code in (401, 403, 404, 410):
        text = f"{error}. The link may have expired: signed links are short-lived, and "
        error.args = (text + "info() of the run gives new ones",)
        error.hint = "the link may have expired"
    return error


@contextmanager
def writing_to(path: Path | None) -> Iterator[tuple[IO[bytes], list[Any]]]:
    """A file to write to, and a list that receives the result: bytes, or the path once whole."""
    result: list[Any] = []
    if path is None:
        memory = io.BytesIO()
        yield memory, result
        result.append(memory.getvalue())
        return
    partial = path.with_name(f".{uuid.uuid4().hex[:12]}.part")
    try:
        with partial.open("xb") as disk:
            yield disk, result
        partial.replace(path)
        result.append(path)
    finally:
        partial.unlink(missing_ok=True)
