"""Files in memory: uploads, files made by workflows, and their signed, short-lived URLs."""

from __future__ import annotations

import base64
import json
import mimetypes
import os
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import Factory, define, field

from .checks import Checked
from .contract import fill

EXTENSIONS = {
    "image": "jpg jpeg png webp gif svg",
    "video": "mp4 mov mpeg webm",
    "audio": "mp3 m4a wav amr mpga",
    "document": "txt markdown md mdx pdf html htm xlsx xls docx csv vtt properties",
}
MIME_TYPES = {"image": "image", "video": "video", "audio": "audio", "document": "text pdf"}
OFFICE = "doc pptx ppt eml msg xml epub"
ACCESS_SECONDS = 300
# The first fields of a file before 1.14, in their order.
FIRST = (
    *("dify_model_identity", "id", "tenant_id", "type", "transfer_method", "remote_url"),
    "related_id",
)


def file_type(extension: str, mime_type: str = "", etl_type: str = "dify") -> str:
    """Return Dify's type of a file: by its extension (without the dot), else by its MIME type.

    etl_type: the server's ETL_TYPE, which decides about Office files.
    """
    office = "" if etl_type == "dify" else OFFICE
    known = EXTENSIONS | {"document": f"{EXTENSIONS['document']} {office}"}
    found = [kind for kind, every in known.items() if extension.lower() in every.split()]
    for kind, words in MIME_TYPES.items():
        found += [kind for word in words.split() if word in mime_type]
    return [*found, "custom"][0]


@define
class StoredFile(Checked):
    """A file on the server.

    owner: end user id of the uploader; made: it was made by a workflow (`tool_file`).
    """

    name: str
    content: bytes = field(repr=False)
    mime_type: str = "application/octet-stream"
    owner: str = ""
    app_id: str = ""
    made: bool = False
    id: str = Factory(lambda: str(uuid.uuid4()))
    created_at: int = Factory(lambda: int(time.time()))

    @property
    def extension(self) -> str:
        return os.path.splitext(self.name)[1].lstrip(".")


@define
class FileValue:
    """A file as a variable of a run; rendered anew, with a new URL, whenever it is sent."""

    stored: StoredFile | None
    type: str
    url: str | None = None


@define
class FileStore:
    """All files, and the URLs that were handed out for them, with their times.

    tenant_id: files tell it, as those of servers before 1.14 do.
    """

    origin: str = ""
    tenant_id: str | None = None
    files: dict[str, StoredFile] = Factory(dict)
    links: dict[tuple[str, str], float] = Factory(dict)

    def add(self, stored: StoredFile) -> StoredFile:
        self.files[stored.id] = stored
        return stored

    def url(self, stored: StoredFile) -> str:
        """Return a new signed URL, valid for 300 s."""
        path = f"/files/{stored.id}/file-preview"
        if stored.made:
            path = f"/files/tools/{stored.id}{'.' if stored.extension else ''}{stored.extension}"
        sign, now = secrets.token_urlsafe(32), time.time()
        self.links[path, sign] = now
        nonce = secrets.token_hex(16)
        return f"{self.origin}{path}?timestamp={int(now)}&nonce={nonce}&sign={sign}"

    def opens(self, path: str, query: Mapping[str, str]) -> bool:
        """Tell whether a download URL is one of ours, and not too old."""
        given_out = self.links.get((path, query.get("sign", "")), 0.0)
        return time.time() - given_out <= ACCESS_SECONDS

    def render(self, value: Any) -> Any:
        """Return a value as JSON sees it: files become file objects with a fresh URL."""
        if isinstance(value, FileValue):
            return self._object(value)
        if isinstance(value, Mapping):
            return {key: self.render(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.render(item) for item in value]
        return value

    def _object(self, value: FileValue) -> dict[str, Any]:
        stored, url = value.stored, value.url or ""
        remote_url: str | None = url
        about: dict[str, Any] = {"reference": None, "related_id": None, "size": 0}
        if stored is None:
            name = os.path.basename(urlsplit(url).path) or "file"
            mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
            method = "remote_url"
        else:
            name, mime_type, url = stored.name, stored.mime_type, self.url(stored)
            method, remote_url = ("tool_file", None) if stored.made else ("local_file", "")
            record = json.dumps({"record_id": stored.id}, separators=(",", ":")).encode()
            about["reference"] = "dify-file-ref:" + base64.b64encode(record).decode()
            about |= {"related_id": stored.id, "size": len(stored.content)}
        about |= {"transfer_method": method, "remote_url": remote_url, "url": url, "filename": name}
        about |= {"extension": os.path.splitext(name)[1], "mime_type": mime_type}
        about |= {"type": value.type, "id": None, "tenant_id": self.tenant_id}
        filled = fill("OutputFile", **about)
        if self.tenant_id is None:
            del filled["tenant_id"]
            return filled
        del filled["reference"]
        if method == "local_file":
            filled["remote_url"] = url
        return {name: filled[name] for name in FIRST} | filled


def files_in(values: Mapping[str, Any]) -> list[FileValue]:
    """Return the files found directly or in a list among the values of a mapping."""
    lists = [item if isinstance(item, list) else [item] for item in values.values()]
    return [file for items in lists for file in items if isinstance(file, FileValue)]
