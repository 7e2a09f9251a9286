"""Files: upload and download."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Unpack, overload

import dify_workflow_api.models as models
import httpx

from ..._api.commands import Until
from ..._api.uploads import Progress, upload
from ..._transport.downloads import (
    MAX_REDIRECTS,
    Downloadable,
    Target,
    address_of,
    destination_at,
    download_request,
    receiving,
    unreachable,
)
from ..._transport.messages import RequestLog, ends_at
from ...options import CallOptions, Options
from ...types.files import Content, WorkflowFile
from .driver import AsyncCore, AsyncDriver
from .io import in_time, reading


async def download(
    driver: AsyncDriver, file: Any, to: Target | None, overwrite: bool, options: Options
) -> Any:
    """Stream a file to a path, or into memory."""
    url = address_of(file, driver.base_url)
    destination = destination_at(to, file, url, overwrite)
    until = ends_at(options.timeout, Until(driver.clock))
    request = download_request(driver.http, url, driver.base_url, options.timeout, until)
    try:
        with RequestLog("(a file)") as request_log:
            for _ in range(MAX_REDIRECTS):
                send = partial(
                    driver.http.send, request, stream=True, follow_redirects=False, auth=None
                )
                response = await in_time(driver.http, request, send)
                following = response.next_request
                if following is None:
                    break
                await response.aclose()
                request = download_request(
                    driver.http, following.url, driver.base_url, options.timeout, until
                )
            else:
                raise httpx.TooManyRedirects("the file is moved from address to address")
            request_log.status = response.status_code
        read_already = response.is_stream_consumed  # by a hook of the caller's, say
        pieces: Any = response.aiter_bytes() if read_already else response.aiter_raw()
        try:
            bound = options.max_response_bytes
            receive = receiving(response, url, destination, bound, until)
            with receive as (has_enough, result), reading(response):
                async for data in pieces:
                    if has_enough(data):
                        break
        finally:
            await pieces.aclose()
            await response.aclose()
    except httpx.HTTPError as error:
        raise unreachable(error, url, driver.base_url) from error
    return result[0]


class AsyncFileMethods(AsyncCore):
    """What `AsyncDifyWorkflow` does with files."""

    async def upload_file(
        self,
        file: Content | WorkflowFile,
        *,
        name: str | None = None,
        mime_type: str | None = None,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> models.UploadedFile:
        """Upload a file for later runs of the same user (POST /files/upload).

        Args:
            file: A path, bytes (with `name`), a `WorkflowFile`, or a binary file object, which is
                read from where it stands to its end, and is not closed.
            name: The name to give it; its own if not given. Only its last part is sent.
            mime_type: Guessed from the name if not given.
            progress: Called with the bytes sent and the bytes in all, as they go out.
            options: The options of a call.

        Raises `TooLarge`, `UnsupportedMediaType`, `InvalidParam`, or `InvalidArgument` here.
        """
        merged = self._options(options)
        flow = upload(file, merged, name=name, mime_type=mime_type, progress=progress)
        return await self._driver().run(flow)

    @overload
    async def download(
        self,
        file: Downloadable,
        /,
        *,
        to: Target,
        overwrite: bool = False,
        **options: Unpack[CallOptions],
    ) -> Path: ...
    @overload
    async def download(
        self,
        file: Downloadable,
        /,
        *,
        to: None = None,
        overwrite: bool = False,
        **options: Unpack[CallOptions],
    ) -> bytes: ...
    async def download(
        self,
        file: Downloadable,
        /,
        *,
        to: Target | None = None,
        overwrite: bool = False,
        **options: Unpack[CallOptions],
    ) -> Path | bytes:
        """Fetch a file of a run's outputs: to a path (or into a folder), or as bytes.

        Takes a file object of `response.files` or `outputs`, or its URL; a relative one is the
        server's. The API key is not sent along. The path appears when the file is whole. In a
        folder the file has its own name, made harmless, with " (1)" where that is taken; with
        `overwrite` it takes the place of the file that is there.

        Raises `NotFound` or `PermissionDenied` when the link, which is short-lived, has expired,
        and `InvalidArgument` for a path that is taken, or cannot be written.
        """
        merged = self._options(options)
        result: Path | bytes = await download(self._driver(), file, to, overwrite, merged)
        return result
