"""Files: upload and download."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

import dify_workflow_api.models as models
import httpx

from ..._api.commands import failure
from ..._api.retries import no_answer
from ..._api.uploads import Progress, upload
from ..._transport.downloads import (
    Downloadable,
    Target,
    address_of,
    download_request,
    refusal_of,
    target_path,
    writing_to,
)
from ..._transport.request_log import RequestLine
from ...options import CallOptions, Options
from ...types.files import Content
from .driver import AsyncDriver


async def download(
    driver: AsyncDriver, file: Any, to: Target | None, timeout: httpx.Timeout
) -> Any:
    """Stream a file to a path, or into memory."""
    url = address_of(file, driver.base_url)
    path = target_path(to, file, url)
    request = download_request(driver.http, url, timeout)
    try:
        with RequestLine("(a file)") as told:
            response = await driver.http.send(
                request, stream=True, follow_redirects=True, auth=None
            )
            told.status = response.status_code
        try:
            if not response.is_success:
                raise refusal_of(response, await response.aread(), url)
            with writing_to(path) as (sink, result):
                async for chunk in response.aiter_bytes():
                    sink.write(chunk)
        finally:
            await response.aclose()
    except httpx.HTTPError as error:
        raise no_answer(failure(error)) from error
    return result[0]


class AsyncFileMethods:
    """What `AsyncDifyWorkflow` does with files."""

    if TYPE_CHECKING:

        def _driver(self) -> AsyncDriver: ...
        def _options(self, given: Mapping[str, Any]) -> Options: ...

    async def upload_file(
        self,
        file: Content,
        /,
        *,
        name: str | None = None,
        mime_type: str | None = None,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> models.UploadedFile:
        """Upload a file for later runs of the same user (POST /files/upload).

        Args:
            file: A path, bytes (with `name`), or a binary file object, which is read from where it
                stands to its end, and is not closed.
            name: The name to give it; its own if not given. Only its last part is sent.
            mime_type: Guessed from the name if not given.
            progress: Called with the bytes sent and the bytes in all, as they go out.
            options: The options of a call.

        Raises `TooLarge`, `UnsupportedMediaType`, `InvalidParam`, or `InvalidArgument` here.
        """
        given = self._options(options)
        flow = upload(file, given, name=name, mime_type=mime_type, progress=progress)
        return await self._driver().run(flow)

    @overload
    async def download(
        self, file: Downloadable, /, *, to: Target, **options: Unpack[CallOptions]
    ) -> Path: ...
    @overload
    async def download(
        self, file: Downloadable, /, *, to: None = None, **options: Unpack[CallOptions]
    ) -> bytes: ...
    async def download(
        self, file: Downloadable, /, *, to: Target | None = None, **options: Unpack[CallOptions]
    ) -> Path | bytes:
        """Fetch a file of a run's outputs: to a path (or into a folder), or as bytes.

        Takes a file object of `response.files` or `outputs`, or its URL; a relative one is the
        server's. The API key is not sent along. The path appears when the file is whole.

        Raises `NotFound` or `PermissionDenied` when the link, which is short-lived, has expired.
        """
        timeout = self._options(options).timeout
        found: Path | bytes = await download(self._driver(), file, to, timeout)
        return found
