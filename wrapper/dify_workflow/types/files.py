"""`WorkflowFile`: a file as an input, wherever its bytes are."""

from __future__ import annotations

import inspect
import mimetypes
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import attrs
import dify_workflow_api.models as models
from dify_workflow_api.operations import BODIES

from .._codec.jsonio import UNREADABLE, InputValue, decode, is_one_of, to_json
from ..errors import InvalidArgument, invalid

Content = str | os.PathLike[str] | bytes | IO[bytes]
TYPES: tuple[str, ...] = tuple(BODIES["InputFile"]["type"]["enum"])

# How Dify sorts files: by their extension, and what is not listed by its MIME type. Of documents,
# those that only an `Unstructured` server lists are custom on others: `OFFICE`.
AUDIO = ("mp3", "m4a", "wav", "amr", "mpga")
OFFICE = ("doc", "ppt", "pptx", "eml", "msg", "xml", "epub")
_EXTENSIONS = {
    "image": ("jpg", "jpeg", "png", "webp", "gif", "svg"),
    "video": ("mp4", "mov", "mpeg", "webm"),
    "audio": AUDIO,
    "document": (
        *("txt", "markdown", "md", "mdx", "pdf", "html", "htm", "xlsx", "xls", "docx", "csv"),
        *("vtt", "properties", *OFFICE),
    ),
}
_TYPE_OF = {extension: kind for kind, names in _EXTENSIONS.items() for extension in names}
_BY_MIME_TYPE = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "text": "document",
    "pdf": "document",
}


_FILE_MARK = "__dify__file__"


class GuessedType(str):
    """The type of a file that the caller did not give: a server may want another."""


class UnsureType(GuessedType):
    """A guess that servers differ about: Office files, and what we do not know."""


@attrs.frozen
class WorkflowFile(InputValue):
    """A file to put into `inputs` (alone or in a list) or into `files` of a run.

    Made by `from_path`, `from_bytes`, `from_url` or `from_upload`. What is not on the server yet is
    uploaded before the run, for the run's user. `type` (document, image, audio, video or custom) is
    told by the server's own rule if not given: by the extension, and where that is not listed, by
    the MIME type that is sent. Servers differ about doc, ppt, pptx, eml, msg, xml and epub, and an
    app's input may allow "Other file types" alone: where a guess is refused, the file is sent as
    custom. A type that is given is sent as it is.
    """

    type: str = attrs.field(validator=lambda _, __, kind: _type(kind, "", None))
    name: str = attrs.field(default="", kw_only=True)
    mime_type: str | None = attrs.field(default=None, kw_only=True)
    content: Content | None = attrs.field(default=None, kw_only=True, repr=False)
    url: str | None = attrs.field(default=None, kw_only=True)
    upload_id: str | None = attrs.field(default=None, kw_only=True)

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], *, type: str | None = None) -> WorkflowFile:
        """Make one of a file on disk, streamed from there when it is uploaded."""
        check_file(path, "path")
        name = sent_name(os.fspath(path))
        mime_type = mime_type_of(name)
        return cls(type=_type(type, name, mime_type), name=name, mime_type=mime_type, content=path)

    @classmethod
    def from_bytes(
        cls, data: bytes, name: str, *, type: str | None = None, mime_type: str | None = None
    ) -> WorkflowFile:
        """Make one of bytes in memory; `name` is the file's name with its extension."""
        if not isinstance(data, bytes | bytearray):
            raise invalid("data", "bytes; from_path takes a path")
        if not isinstance(name, str) or not name.strip():
            raise invalid("name", "text, not empty")
        name = sent_name(name)
        mime_type = sent_type(mime_type, name)
        return cls(type=_type(type, name, mime_type), name=name, mime_type=mime_type, content=data)

    @classmethod
    def from_url(cls, url: str, *, type: str | None = None) -> WorkflowFile:
        """Make one that the server fetches from `url`, an http or https address."""
        try:
            parts = urlsplit(url)
        except (TypeError, AttributeError, ValueError):
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise invalid("url", "an http or https address")
        name = PurePosixPath(unquote(parts.path)).name
        if type is None and not PurePosixPath(name).suffix:
            raise invalid("type", f"the URL does not tell it; give one of {', '.join(TYPES)}")
        return cls(type=_type(type, name, mime_type_of(name)), name=name, url=url)

    @classmethod
    def from_upload(
        cls, upload: models.UploadedFile | str, *, type: str | None = None
    ) -> WorkflowFile:
        """Make one of what `upload_file` returned, or of its id (then `type` must be given)."""
        if isinstance(upload, str):
            if type is None:
                raise invalid("type", f"an id does not tell it; give one of {', '.join(TYPES)}")
            return cls(type=_type(type, "", None), upload_id=upload)
        if not isinstance(upload, models.UploadedFile):
            raise invalid("upload", "what upload_file returned, or its id")
        kind = _type(type, upload.name, upload.mime_type)
        return cls(type=kind, name=upload.name, mime_type=upload.mime_type, upload_id=upload.id)

    def as_input(self) -> dict[str, Any]:
        """Return what stands for the file in a request."""
        if self.url is not None:
            source = {"transfer_method": "remote_url", "url": self.url}
        else:
            id_ = NotUploaded(self) if self.upload_id is None else self.upload_id
            source = {"transfer_method": "local_file", "upload_file_id": id_}
        return models.InputFile.from_dict({"type": self.type, **source}).to_dict()


def is_file(path: Any) -> bool:
    """Return whether there is a file at a path; there is none at what cannot be a path."""
    try:
        return isinstance(path, str | os.PathLike) and Path(path).is_file()
    except (OSError, TypeError, ValueError):
        return False  # too long, say, or a path of bytes


def check_file(path: Any, field: str) -> None:
    """Raise `InvalidArgument` where there is no file at a path."""
    if is_file(path):
        return
    if isinstance(path, str) and path.startswith(("http://", "https://")):
        raise invalid(field, "an address; WorkflowFile.from_url takes it")
    if not isinstance(path, str | os.PathLike):
        raise invalid(field, f"a path, not a {type(path).__name__}")
    raise invalid(
        field,
        f"no file at {str(path)!r}; what is the content itself is given as bytes, with a name",
    )


class NotUploaded(str):
    """Stands for the id of a file in a request until it is uploaded; empty as a text."""

    file: WorkflowFile

    def __new__(cls, file: WorkflowFile) -> NotUploaded:
        made = super().__new__(cls)
        made.file = file
        return made


def base_name(name: str) -> str:
    """Reduce a path of any system to the file's own name, as the server demands."""
    own = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "file" if own in ("", ".", "..") else own


_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')  # on Windows
_DEVICES = re.compile(r"(con(in\$|out\$)?|prn|aux|nul|(com|lpt)[\d¹²³]) *(\..*)?", re.I)  # too
_LONGEST_NAME = 200  # bytes; systems have 255, and something may be added


def local_name(name: str) -> str:
    """Return a name that a server gives a file as one that does no harm in a folder of ours.

    It is no path and not hidden, no device, not too long, and shows all that it holds.
    """
    shown = "".join(" " if c.isspace() else c if c.isprintable() else "" for c in base_name(name))
    shown = _NOT_IN_NAMES.sub("_", shown).lstrip(". ").rstrip(". ")
    if _DEVICES.fullmatch(shown):
        shown = f"_{shown}"
    ending = PurePosixPath(shown).suffix
    ending = ending if len(ending.encode()) <= 20 else ""
    stem = shown.removesuffix(ending).encode()[: _LONGEST_NAME - len(ending.encode())]
    return stem.decode(errors="ignore") + ending or "file"


_MIME_TYPE = re.compile(r"[!#$&^\w.+-]+/[!#$&^\w.+-]+[ -~]*", re.ASCII)


def sent_name(name: str) -> str:
    """Return a file's own name for the head of its part; raises `InvalidArgument`."""
    if any(ord(character) < 32 or character == "\x7f" for character in name):
        raise invalid("name", "no line breaks or control characters")
    text: str = to_json(base_name(name), "name")
    return text


def sent_type(mime_type: Any, name: str) -> str:
    """Return the MIME type for the head of a part, guessed by name if not given."""
    if mime_type is None:
        return mime_type_of(name)
    if not isinstance(mime_type, str) or not _MIME_TYPE.fullmatch(mime_type):
        raise invalid("mime_type", "a type such as image/png")
    return mime_type


def extension_of(name: str) -> str:
    """Return the extension of a file's name, in lower case, without its dot."""
    return PurePosixPath(name).suffix[1:].lower()


def mime_type_of(name: str) -> str:
    """Guess the MIME type by a file's name."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _type(chosen: str | None, name: str, mime_type: str | None) -> str:
    if chosen is not None:
        if not is_one_of(chosen, TYPES):
            raise invalid(
                "type",
                f"one of {', '.join(TYPES)}; WorkflowFile.from_path, from_bytes, from_url "
                "and from_upload tell it",
            )
        return chosen
    extension = extension_of(name)
    sent = (mime_type or "").partition(";")[0].lower()
    by_mime_type = (kind for part, kind in _BY_MIME_TYPE.items() if part in sent)
    kind = _TYPE_OF.get(extension) or next(by_mime_type, "custom")
    return UnsureType(kind) if extension in OFFICE or kind == "custom" else GuessedType(kind)


def each_file(value: Any, visit: Callable[[WorkflowFile], WorkflowFile]) -> Any:
    """Return `value` with every `WorkflowFile` in it replaced by what `visit` returns for it."""
    if isinstance(value, WorkflowFile):
        return visit(value)
    if isinstance(value, Mapping):
        return {name: each_file(item, visit) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [each_file(item, visit) for item in value]
    return value


def with_files(value: Any, where: str) -> Any:
    """Return `value` with a `WorkflowFile` for every path, open file and upload in it.

    Raises `InvalidArgument`, which names the place.
    """
    try:
        return _with_files(value, where)
    except RecursionError:
        pass  # and left behind: its frames do not travel with ours
    raise invalid(where, "it holds itself, or is nested too deeply")


def _with_files(value: Any, where: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _with_files(item, f"{where}.{name}") for name, item in value.items()}
    if type(value) in (list, tuple):
        return [_with_files(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, str | bytes | WorkflowFile | type):
        return value
    if isinstance(value, models.UploadedFile):
        return WorkflowFile.from_upload(value)
    if isinstance(value, PurePath):
        check_file(value, where)
        return WorkflowFile.from_path(value)
    if callable(getattr(value, "read", None)):
        return _from_open(value, where)
    return value


def _from_open(file: Any, where: str) -> WorkflowFile:
    check_readable(file, where)
    own = getattr(file, "name", None)
    if not isinstance(own, str):
        raise invalid(
            where, "the file has no name; WorkflowFile.from_bytes(file.read(), name) gives it one"
        )
    name = sent_name(own)
    mime_type = mime_type_of(name)
    kind = _type(None, name, mime_type)
    return WorkflowFile(type=kind, name=name, mime_type=mime_type, content=file)


def check_readable(content: Any, field: str) -> None:
    """Raise `InvalidArgument`, with what to write, for what gives no bytes."""

    if not hasattr(content, "read"):
        raise invalid(field, "a path, bytes, or an open binary file object")
    try:
        if getattr(content, "closed", False) is True:
            raise invalid(field, "it is closed")
        if hasattr(content, "readable") and not content.readable():
            raise invalid(field, "it is not open for reading")
        nothing = content.read(0)
    except (OSError, TypeError, ValueError) as error:
        if isinstance(error, InvalidArgument):
            raise
        raise invalid(field, f"it cannot be read: {error}") from error
    if inspect.isawaitable(nothing):
        if inspect.iscoroutine(nothing):
            nothing.close()
        raise invalid(
            field, "its read() must be awaited; give the bytes: await file.read(), with name="
        )
    if not isinstance(nothing, bytes):
        raise invalid(
            field, 'it gives text, not bytes; open it in the mode "rb", or give the bytes'
        )


def files_in(value: Any) -> Iterator[models.OutputFile]:
    """Yield the file objects anywhere in a run's outputs, each once."""
    seen: set[str] = set()

    def walk(item: Any) -> Iterator[models.OutputFile]:
        if isinstance(item, list):
            for part in item:
                yield from walk(part)
        elif isinstance(item, dict) and item.get("dify_model_identity") == _FILE_MARK:
            key = repr(item.get("related_id") or item.get("remote_url") or item.get("url"))
            if key not in seen:
                seen.add(key)
                try:
                    yield decode("OutputFile", item)
                except UNREADABLE:
                    pass  # not what the contract says: it stays in `outputs`
        elif isinstance(item, dict):
            for part in item.values():
                yield from walk(part)

    return walk(value)
