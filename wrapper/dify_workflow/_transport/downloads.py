"""Downloading the files that runs give out: what both clients share."""

from __future__ import annotations

import errno
import io
import itertools
import math
import os
import stat
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import dify_workflow_api.models as models
import httpx
from h1_streams.connection_handle import UNTIL

from .._api.api_responses import ApiResponse
from .._api.failures import failure, no_answer
from ..errors import DifyError, InvalidArgument, ResponseTooLarge, RouteNotFound
from ..types.files import local_name
from .messages import USER_AGENT
from .whole import WholeBody, codings_of

_ERROR_BYTES = 10_000

Downloadable = models.OutputFile | Mapping[str, Any] | str
Target = str | os.PathLike[str]


def address_of(file: Any, base_url: httpx.URL) -> httpx.URL:
    """Return the URL of a file object or an address; relative ones are the server's."""
    if isinstance(file, str) and file and "://" not in file and not file.startswith("/"):
        raise InvalidArgument(f"file: {file!r} is no link; an id is none", field="file")
    address = file if isinstance(file, str) else _field(file, "url") or _field(file, "remote_url")
    if not isinstance(address, str) or not address:
        raise InvalidArgument("file: a file of a run's outputs, or its URL", field="file")
    try:
        url = base_url.join(address)
    except (httpx.InvalidURL, ValueError) as error:  # ValueError: surrogates
        raise InvalidArgument(f"file: its address is no URL: {error}", field="file") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidArgument("file: its address is not http or https", field="file")
    return url


class Destination(NamedTuple):
    """Where a download is put. `numbered`: by another name where this one is taken."""

    path: Path
    overwrite: bool
    numbered: bool


def destination_at(to: Any, file: Any, url: httpx.URL, overwrite: Any) -> Destination | None:
    """Return the path to write to, in a folder by the file's own name; None for memory.

    Raises `InvalidArgument` where nothing can be written, or something is that must not be lost.
    """
    if not isinstance(overwrite, bool):
        raise InvalidArgument("overwrite: True or False", field="overwrite")
    if to is None:
        return None
    if not isinstance(to, str | os.PathLike):
        raise InvalidArgument("to: a path", field="to")
    with _on_disk():
        path = Path(to)
        if path.is_dir():
            name = local_name(str(_field(file, "filename") or url.path))
            return Destination(path / name, overwrite, numbered=not overwrite)
        if not path.parent.is_dir():
            raise _refused(f"no folder at {str(path.parent)!r}")
        if _is_taken(path) and not overwrite:
            raise _refused(f"{str(path)!r} is there already; overwrite=True replaces it")
        return Destination(path, overwrite, numbered=False)


def _is_taken(path: Path) -> bool:
    """Whether there is a file; raises where there is something else, or cannot be any."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    if not path.is_file():
        raise _refused(f"{str(path)!r} is no regular file")
    return True


@contextmanager
def _on_disk() -> Iterator[None]:
    """Turn what a path or a disk does not allow into `InvalidArgument`."""
    try:
        yield
    except InvalidArgument:
        raise
    except (OSError, TypeError, ValueError) as error:  # the latter: bytes, or a path with \0
        raise _refused(str(error)) from error


def _refused(why: str) -> InvalidArgument:
    return InvalidArgument(f"to: {why}", field="to")


def _field(file: Any, name: str) -> Any:
    return file.get(name) if isinstance(file, dict) else getattr(file, name, None)


MAX_REDIRECTS = 20


def download_request(
    http: httpx.Client | httpx.AsyncClient,
    url: httpx.URL,
    base_url: httpx.URL,
    timeout: httpx.Timeout,
    until: float | None,
) -> httpx.Request:
    """Return the request; signed addresses need no key, and foreign hosts must not see it.

    Nor what the caller's httpx client sends with every request.
    """
    if http.is_closed:
        raise DifyError("the client is closed")
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if (url.scheme, url.netloc) != (base_url.scheme, base_url.netloc):
        headers["Accept"] = "*/*"
        extensions: dict[str, Any] = {"timeout": timeout.as_dict(), UNTIL: until}
        return httpx.Request("GET", url, headers=headers, extensions=extensions)
    request = http.build_request("GET", url, headers=headers, timeout=timeout)
    request.headers.pop("Authorization", None)
    request.extensions[UNTIL] = until
    return request


def unreachable(error: httpx.HTTPError, url: httpx.URL, base_url: httpx.URL) -> DifyError:
    """Return the exception for a file that could not be fetched."""
    elsewhere = (
        "The server makes its links by its setting FILES_URL, which must be an address that you "
        f"reach, and not {url.host!r}. The link without its host, from /files/ on, is fetched from "
        f"{base_url.host!r}"
    )
    return no_answer(failure(error), elsewhere if url.host != base_url.host else "")


def _refusal_of(response: httpx.Response, body: bytes, url: httpx.URL) -> Exception:
    api_response = ApiResponse(response.status_code, response.headers, body, url.path)
    if api_response.ok:
        return api_response.unreadable("this is not the whole file, which was asked for")
    error = api_response.error()
    if isinstance(error, RouteNotFound):
        error = api_response.not_found("there is no such file")
    if response.status_code in (401, 403, 404, 410):
        text = f"{error}. The link may have expired: signed links are short-lived, and "
        error.args = (text + "info() of the run gives new ones",)
        error.hint = "the link may have expired"
    return error


@contextmanager
def receiving(
    response: httpx.Response,
    url: httpx.URL,
    destination: Destination | None,
    bound: int,
    until: float | None,
) -> Iterator[tuple[Callable[[bytes], bool], list[Any]]]:
    """Give what takes the raw bytes and says when it has enough, and a list with the result.

    The result is the file's bytes, or its path, which is there once the file is whole. Raises the
    error that a response stands for, and `ResponseTooLarge`: what goes to a disk as it is has no
    bound.
    """
    if response.status_code not in (200, 203):
        body = WholeBody(response, _ERROR_BYTES, until)
        yield body.has_enough, []
        raise _refusal_of(response, bytes(body.content), url)
    result: list[Any] = []
    unbound = destination is not None and not codings_of(response.headers)
    with _sink(destination, result) as write:
        body = WholeBody(response, math.inf if unbound else bound, until, write)
        yield body.has_enough, result
        body.end()
        if not body.whole:
            text = f"the file is larger than {bound} bytes (max_response_bytes)"
            raise ResponseTooLarge(text, status_code=response.status_code, headers=response.headers)


@contextmanager
def _sink(
    destination: Destination | None, result: list[Any]
) -> Iterator[Callable[[bytes], object]]:
    """Give what writes the file, in memory or beside its place, where it is put once whole."""
    if destination is None:
        memory = io.BytesIO()
        yield memory.write
        result.append(memory.getvalue())
        return
    partial = destination.path.with_name(f".{uuid.uuid4().hex[:12]}.part")
    with _on_disk():
        disk = partial.open("xb")

    def write(data: bytes) -> None:
        with _on_disk():
            disk.write(data)

    try:
        try:
            yield write
        finally:
            with _on_disk():
                disk.close()
        with _on_disk():
            result.append(_put(partial, destination))
    finally:
        partial.unlink(missing_ok=True)


def _put(partial: Path, destination: Destination) -> Path:
    """Give a whole file its name; nothing else loses it."""
    path = destination.path
    for number in itertools.count(1):
        try:
            if destination.overwrite:
                if _is_taken(path):
                    partial.chmod(stat.S_IMODE(path.stat().st_mode))  # it may be a secret one
                partial.replace(path)
            else:
                _rename(partial, path)
            break
        except FileExistsError:
            if not destination.numbered:
                raise
            own = destination.path
            path = own.with_name(f"{own.stem} ({number}){own.suffix}")
    return path


def _rename(partial: Path, path: Path) -> None:
    """Rename a file; raises `FileExistsError`, also where somebody was a moment faster."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without such links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "is there already", str(path)) from None
        partial.rename(path)
