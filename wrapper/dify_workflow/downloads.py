"""Downloading the files that runs give out; sync and async."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx

from .answers import Answer
from .commands import failure
from .errors import DifyError, InvalidArgument, RouteNotFound
from .reading import UNREADABLE, read
from .retrying import no_answer
from .sending import user_agent
from .telemetry import RequestLine
from .workflow_file import base_name

if TYPE_CHECKING:
    from dify_workflow_api.models import OutputFile

    from .async_drivers import AsyncDriver
    from .drivers import Driver

_FILE_MARK = "__dify__file__"
_ERROR_BYTES = 10_000

Target = str | os.PathLike[str]


def files_in(value: Any) -> Iterator[OutputFile]:
    """Yield the file objects anywhere in a run's outputs, each once."""
    seen: set[str] = set()

    def walk(item: Any) -> Iterator[OutputFile]:
        if isinstance(item, list):
            for part in item:
                yield from walk(part)
        elif isinstance(item, dict) and item.get("dify_model_identity") == _FILE_MARK:
            key = repr(item.get("related_id") or item.get("remote_url") or item.get("url"))
            if key not in seen:
                seen.add(key)
                try:
                    yield read("OutputFile", item)
                except UNREADABLE:
                    pass  # not what the contract says: it stays in `outputs`
        elif isinstance(item, dict):
            for part in item.values():
                yield from walk(part)

    return walk(value)


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


def _target(to: Any, file: Any, url: httpx.URL) -> Path | None:
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


def _request(driver: Driver | AsyncDriver, url: httpx.URL, timeout: httpx.Timeout) -> httpx.Request:
    """Signed addresses need no key, and foreign hosts must not see it."""
    if driver.http.is_closed:
        raise DifyError("the client is closed")
    request = driver.http.build_request(
        "GET", url, headers={"User-Agent": user_agent()}, timeout=timeout
    )
    request.headers.pop("Authorization", None)
    return request


def _refused(response: httpx.Response, body: bytes, url: httpx.URL) -> Exception:
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
def _sink(path: Path | None) -> Iterator[tuple[IO[bytes], list[Any]]]:
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


def download(driver: Driver, file: Any, to: Target | None, timeout: httpx.Timeout) -> Any:
    """Stream a file to a path, or into memory."""
    url = address_of(file, driver.base_url)
    path = _target(to, file, url)
    request = _request(driver, url, timeout)
    try:
        with RequestLine("(a file)") as told:
            response = driver.http.send(request, stream=True, follow_redirects=True, auth=None)
            told.status = response.status_code
        try:
            if not response.is_success:
                raise _refused(response, response.read(), url)
            with _sink(path) as (sink, result):
                for chunk in response.iter_bytes():
                    sink.write(chunk)
        finally:
            response.close()
    except httpx.HTTPError as error:
        raise no_answer(failure(error)) from error
    return result[0]


async def download_async(
    driver: AsyncDriver, file: Any, to: Target | None, timeout: httpx.Timeout
) -> Any:
    """Stream a file to a path, or into memory."""
    url = address_of(file, driver.base_url)
    path = _target(to, file, url)
    request = _request(driver, url, timeout)
    try:
        with RequestLine("(a file)") as told:
            response = await driver.http.send(
                request, stream=True, follow_redirects=True, auth=None
            )
            told.status = response.status_code
        try:
            if not response.is_success:
                raise _refused(response, await response.aread(), url)
            with _sink(path) as (sink, result):
                async for chunk in response.aiter_bytes():
                    sink.write(chunk)
        finally:
            await response.aclose()
    except httpx.HTTPError as error:
        raise no_answer(failure(error)) from error
    return result[0]
