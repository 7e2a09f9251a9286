"""The sync client is what `make generate` writes from the async one."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.generate import unasync

Half = dict[Path, str]


@pytest.fixture(scope="module")
def half() -> Half:
    return unasync.sync_half()


@pytest.mark.long
def test_the_committed_half_is_the_generated_one(half: Half) -> None:
    assert {path.name: path.read_text("utf-8") for path in half} == {
        path.name: text for path, text in half.items()
    }


def test_every_module_is_generated_or_written_by_hand(half: Half) -> None:
    folder = unasync.CLIENTS / "_sync"
    names = {path.name for path in folder.glob("*.py")}
    assert names == {path.name for path in half} | unasync.BY_HAND
    assert names == {path.name for path in (unasync.CLIENTS / "_async").glob("*.py")}


def test_nothing_of_asyncio_is_left(half: Half) -> None:
    for path, text in half.items():
        own = text.replace("../_async/", "")
        words = ("async", "Async", "await", "aclose", "trio")
        assert not [word for word in words if word in own], path


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
