"""Uploading files: streamed, with the name that the server takes, as flows."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import attrs
import dify_workflow_api.models as models

from .._codec.jsonio import as_text, decode
from ..errors import invalid
from ..options import Options
from ..types.files import (
    AUDIO,
    Content,
    WorkflowFile,
    check_file,
    check_readable,
    extension_of,
    sent_name,
    sent_type,
)
from . import api_requests
from .api_requests import FILE_ID, ApiRequest
from .api_responses import ApiResponse
from .commands import Flow, Gather, ask

if TYPE_CHECKING:
    from dify_workflow_api.models import UploadedFile
    from dify_workflow_api.types import File


Progress = Callable[[int, int], object]  # bytes sent, bytes in all


class Part:
    """The bytes of one upload: a file for httpx, opened on first use, that tells how far it is."""

    def __init__(self, content: Content, progress: Progress | None) -> None:
        self._progress = progress
        self._content = content
        self._file: IO[bytes] | None = None
        self._start = 0
        # A file object of the caller's is consumed by one request, and is the caller's to close.
        self.one_shot: bool = not isinstance(content, str | os.PathLike | bytes | bytearray)

    def _open(self) -> IO[bytes]:
        if self._file is None:
            content = self._content
            if isinstance(content, bytes | bytearray):
                self._file = io.BytesIO(content)
            elif isinstance(content, str | os.PathLike):
                self._file = _opened(content)
            elif hasattr(content, "seekable") and content.seekable():
                self._file, self._start = content, content.tell()
            else:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - close() does
                while chunk := content.read(1 << 16):
                    self._file.write(chunk)
                self._file.seek(0)
            self._size = self.seek(0, os.SEEK_END)
            self.seek(0)
        return self._file

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        try:
            data = self._open().read(size)
        except OSError as error:
            raise invalid("file", f"it cannot be read: {error}") from error
        if self._progress is not None and data:
            self._progress(self.tell(), self._size)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, relative to where the content begins."""
        file = self._open()
        return file.seek(offset + (self._start if whence == os.SEEK_SET else 0), whence) - (
            self._start
        )

    def tell(self) -> int:
        """Return the position, relative to where the content begins."""
        return self._open().tell() - self._start

    def close(self) -> None:
        """Close what was opened here."""
        if self._file is not None and self._file is not self._content:
            self._file.close()
        self._file = None


def upload(
    content: Content | WorkflowFile,
    options: Options,
    *,
    name: str | None = None,
    mime_type: str | None = None,
    progress: Progress | None = None,
) -> Flow[UploadedFile]:
    """Upload one file; raises `InvalidArgument` before anything is sent."""
    if isinstance(content, WorkflowFile):
        if content.content is None:
            raise invalid("file", "it is not one to upload: it has an address, or an id")
        name, mime_type = name or content.name, mime_type or content.mime_type
        content = content.content
    name = name_for(content, name)
    part = Part(content, progress)
    file = _file(part, name, mime_type)
    body = models.FileUploadBody(file=file, user=options.user)
    response = yield from _send(part, api_requests.build("uploadFile", options, body=body))
    uploaded: UploadedFile = response.decode(partial(decode, "UploadedFile"))
    if not isinstance(uploaded.id, str) or not uploaded.id:
        raise response.unreadable("the uploaded file has no id")
    return uploaded


def transcribe(
    content: Content, options: Options, *, name: str | None = None, mime_type: str | None = None
) -> Flow[str]:
    """Send one audio file; return its text. Raises `InvalidArgument` before anything is sent."""
    name = name_for(content, name)
    mime_type = mime_type or _audio_type(name)
    part = Part(content, None)
    body = models.AudioToTextBody(file=_file(part, name, mime_type), user=options.user)
    response = yield from _send(part, api_requests.build("audioToText", options, body=body))
    return as_text(response.decode(partial(decode, "AudioTranscript")).text)


def _audio_type(name: str) -> str:
    """Return the MIME type that Dify takes audio of this name by: it knows those names alone.

    (`audio/mpeg`, `audio/x-wav` and `audio/mp4`, which others say, are refused.)
    """
    extension = extension_of(name)
    if extension not in AUDIO:
        raise invalid(
            "name",
            f"{name!r} is no audio that Dify transcribes; it takes {', '.join(AUDIO)}, told "
            "by the name's extension, or by mime_type= (audio/mp3 and so on)",
        )
    return f"audio/{extension}"


def _file(part: Part, name: str, mime_type: str | None) -> File:
    # httpx asks of a file what a `Part` has: read, seek and tell.
    from dify_workflow_api.types import File

    return File(part, name, sent_type(mime_type, name))  # type: ignore[arg-type]


def _send(part: Part, request: ApiRequest) -> Flow[ApiResponse]:
    try:
        return (yield from ask(attrs.evolve(request, one_shot=part.one_shot)))
    finally:
        part.close()


def name_for(content: Content, chosen: str | None) -> str:
    """Return the name that a file is sent with; raises `InvalidArgument` for what is no file."""
    if chosen is not None and (not isinstance(chosen, str) or not chosen.strip()):
        raise invalid("name", "text, not empty")
    if isinstance(content, bytes | bytearray):
        if chosen is None:
            raise invalid("name", "bytes need a file name")
        return sent_name(chosen)
    if isinstance(content, str | os.PathLike):
        check_file(content, "file")
        return sent_name(chosen or os.fspath(content))
    check_readable(content, "file")
    own = getattr(content, "name", None)
    return sent_name(chosen or (own if isinstance(own, str) else "file"))


def _opened(path: str | os.PathLike[str]) -> IO[bytes]:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise invalid("file", str(error)) from error


def upload_all(places: Sequence[dict[str, Any]], options: Options) -> Flow[None]:
    """Upload the files that file objects refer to, each once; write their ids into these."""
    files = {id(place[FILE_ID].file): place[FILE_ID].file for place in places}
    flows = [_upload_input(file, options) for file in files.values()]
    uploaded: Sequence[UploadedFile] = yield Gather(flows)
    ids = dict(zip(files, uploaded, strict=True))
    for place in places:
        place[FILE_ID] = ids[id(place[FILE_ID].file)].id


def _upload_input(file: WorkflowFile, options: Options) -> Flow[UploadedFile]:
    assert file.content is not None
    return upload(file.content, options, name=file.name, mime_type=file.mime_type)
