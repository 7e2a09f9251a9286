"""The sync client is what `make generate` writes from the async one."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.generate import unasync

HALF = unasync.sync_half()


def test_the_committed_half_is_the_generated_one() -> None:
    assert {path.name: path.read_text("utf-8") for path in HALF} == {
        path.name: text for path, text in HALF.items()
    }


def test_every_module_is_generated_or_written_by_hand() -> None:
    folder = unasync.CLIENTS / "_sync"
    names = {path.name for path in folder.glob("*.py")}
    assert names == {path.name for path in HALF} | unasync.BY_HAND
    assert names == {path.name for path in (unasync.CLIENTS / "_async").glob("*.py")}


@pytest.mark.parametrize("path", HALF, ids=lambda path: path.name)
def test_nothing_of_asyncio_is_left(path: Path) -> None:
    text = HALF[path].replace("../_async/", "")
    assert not [word for word in ("async", "Async", "await", "aclose", "trio") if word in text]


def test_another_source_gives_another_text() -> None:
    source = (
        "async def f(self) -> None:\n"
        "    async for piece in self.aiter_bytes():\n"
        "        yield piece\n"
        "    await self.aclose()\n"
    )
    assert unasync.sync_text("f.py", source).partition("\n")[2] == (
        "def f(self) -> None:\n    yield from self.iter_bytes()\n    self.close()\n"
    )
