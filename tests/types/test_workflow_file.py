"""`WorkflowFile`: its type, its name, and what cannot be a file or an upload."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import InvalidArgument, WorkflowFile
from facade import Kind, both, client
from fake_dify import FakeDify
from fake_dify.files import EXTENSIONS

FILE: Any = WorkflowFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "报告.pdf"
    path.touch()
    return path


TYPES = {
    "document": "a.txt a.MD a.markdown a.pdf a.docx a.xls a.csv a.eml a.html a.xml a.epub a.vtt",
    "image": "a.jpg a.JPEG a.PNG a.gif a.webp a.svg a.bmp",
    "audio": "a.mp3 a.m4a a.wav a.amr a.mpga",
    "video": "a.mp4 a.mov a.mpeg a.webm a.avi",
    "custom": "a.exe a.zip a a.unknown-ending .hidden",
}


@pytest.mark.parametrize("type", sorted(TYPES))
def test_the_type_is_told_from_the_name(type: str) -> None:
    for name in TYPES[type].split():
        assert WorkflowFile.from_bytes(b"", name).type == type, name
        if "." in name[1:]:
            assert WorkflowFile.from_url(f"https://example.com/x/{name}?y=.png").type == type, name
    assert WorkflowFile.from_bytes(b"", "a.pdf", mime_type="image/png").type == "document"


OTHERS = (
    "json yaml yml tsv py heic bmp ogg oga flac odt ods odp odi rtf log zip ts js css ics tex xz "
    "woff2 avi mkv 3gp mid tiff ico psd PY MDX Properties unknown-ending"
)


@both
def test_the_type_is_what_the_server_will_find(kind: Kind, tmp_path: Path, fake: FakeDify) -> None:
    """It refuses another one, and such a run is posted again."""
    names = " ".join([*EXTENSIONS.values(), OTHERS]).split()
    given = ("application/x-text+zip", "application/vnd.image", "APPLICATION/PDF; a=1", "x/video")
    files = [WorkflowFile.from_bytes(b"x", f"a.{name}") for name in names]
    files += [WorkflowFile.from_bytes(b"x", "a.new", mime_type=text) for text in given]
    files += [WorkflowFile.from_bytes(b"x", name) for name in ("json", ".txt", "a.")]
    for name in names:
        (tmp_path / f"a.{name}").touch()
        files.append(WorkflowFile.from_path(tmp_path / f"a.{name}"))
    with client(kind, fake) as dify:
        dify.run_workflow({"files": files})
    assert (fake.posts(), fake.posts("uploadFile")) == (1, len(files))
    sent = fake.requests[-1].body["inputs"]["files"]
    types = [fake.file_type(fake.world.files.files[item["upload_file_id"]]) for item in sent]
    assert [item["type"] for item in sent] == types
    assert {*types} == {*EXTENSIONS, "custom"}


def test_the_type_can_be_given_and_what_a_file_holds_is_not_shown(path: Path) -> None:
    for file in (
        FILE.from_path(path, type="custom"),
        FILE.from_bytes(b"secret", "a.png", type="custom"),
        FILE.from_url("https://example.com/a.png", type="custom"),
        FILE.from_url("https://example.com/", type="custom"),
        FILE.from_upload("id", type="custom"),
    ):
        assert file.type == "custom"
        assert "secret" not in repr(file)


# They would end a head, or begin another.
BAD_NAMES = ["a\r\nX: b.txt", "a\nb", "a\rb", "a\0b", "a\x7f", "a\ud800"]
BAD_TYPES: list[Any] = ["", "text", "text/plain\r\nX: b", "text/plain\n", "t/\xe9", "a b/c"]
BAD_TYPES += [5, b"a/b"]


class AsyncFile:
    """As FastAPI's UploadFile."""

    filename = "a.txt"

    async def read(self, size: int = -1) -> bytes:
        return b""


class NoSize:
    def read(self) -> bytes:
        return b""


ADDRESS = "https://example.com/a.txt"
NO_PATHS: list[Any] = ["/no/such/file.txt", "/", None, "a\0b", "x" * 5000, ADDRESS]
NO_URLS: list[Any] = ["ftp://example.com/a.txt", "/a.txt", "https://[bad/a.txt", None]
INVALID: list[tuple[Callable[[], Any], str]] = [
    *((partial(FILE.from_path, it), "path") for it in NO_PATHS),
    *((partial(FILE.from_url, it), "url") for it in NO_URLS),
    *((partial(FILE.from_bytes, b"", name), "name") for name in (None, " ", *BAD_NAMES)),
    *((partial(FILE.from_bytes, b"", "a", mime_type=it), "mime_type") for it in BAD_TYPES),
    (partial(FILE.from_bytes, "text", "a.txt"), "data"),
    (partial(FILE.from_upload, None), "upload"),
    (partial(FILE.from_path, __file__, type="pdf"), "type"),
    (partial(FILE.from_bytes, b"", "a.txt", type=""), "type"),
    (partial(FILE.from_url, ADDRESS, type="text"), "type"),
    (partial(FILE.from_url, "https://example.com/a"), "type"),
    (partial(FILE.from_upload, "id"), "type"),
]


def test_a_file_that_cannot_be_is_refused() -> None:
    for make, field in INVALID:
        with pytest.raises(InvalidArgument) as caught:
            make()
        assert caught.value.field == field, make


@both
def test_an_upload_that_cannot_be_is_refused_before_it_is_sent(
    kind: Kind, path: Path, fake: FakeDify
) -> None:
    closed = path.open("rb")
    closed.close()
    wrapped = tempfile.NamedTemporaryFile("w+")  # noqa: SIM115
    text, write_only = path.open(), path.with_name("new").open("wb")
    unnamed = [path.parent, text, wrapped, closed, write_only, ADDRESS, "/no/such/file.txt"]
    named = [io.StringIO("x"), AsyncFile(), NoSize(), 5, None, "/no/such/file.txt"]
    refused: list[tuple[Any, dict[str, Any], str]] = [
        *((content, {}, "file") for content in unnamed),
        *((content, {"name": "a.txt"}, "file") for content in named),
        (b"x", {}, "name"),
        *((b"x", {"name": name}, "name") for name in ("", 5, *BAD_NAMES)),
        *((b"x", {"name": "a.mp3", "mime_type": kind}, "mime_type") for kind in BAD_TYPES if kind),
        (path, {"user": ""}, "user"),
        (path, {"nonsense": 1}, "nonsense"),
    ]
    with client(kind, fake) as dify:
        for method in ("upload_file", "audio_to_text"):
            for content, given, field in refused:
                with pytest.raises(InvalidArgument) as caught:
                    getattr(dify, method)(content, **given)
                assert caught.value.field == field, (content, given)
        assert fake.requests == []
    for opened in (wrapped, text, write_only):
        opened.close()
