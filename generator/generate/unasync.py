"""Write the sync client from the async one: `_clients/_async/*.py` to `_clients/_sync/*.py`.

Part of `make generate`. With `--check` it writes nothing, and exits with 1 when a file is not what
it would write. Words are replaced, texts first, and ruff sorts and formats. What is in BY_HAND is
written twice: there the halves really differ.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "wrapper" / "dify_workflow" / "_clients"
BY_HAND = {"__init__.py", "io.py"}
HEADER = "# Written from ../_async/{name} by `make generate`: change that one.\n"

# Whole texts, where a word is not enough. Each must be found somewhere.
TEXTS = [
    (
        "An async client of the service API of Dify workflow apps, for asyncio (and trio).\n\n"
        "    It can be used in several event loops, one after the other or at once.\n",
        "A client of the service API of Dify workflow apps; safe to use from many threads.\n",
    ),
    (
        "iterate over its events with `async for`, or await its `result()`",
        "iterate over its events, or wait for its `result()`",
    ),
    ("\n\n    For asyncio (and trio). Cancelling the task that reads it is leaving it.\n", "\n"),
]
# Words and patterns, in this order.
WORDS = [
    (r"\basync (?=def |with |for )", ""),
    (r"\bawait ", ""),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\bStarting(?:\[(\w+)\]|(?=\())", r"\1"),
    (r"\bStopAsyncIteration\b", "StopIteration"),
    (r"\b__a(?=(?:enter|exit|iter|next)__)", "__"),
    (r"\ba(?=(?:close|closing|read|iter_bytes|iter_raw)\b)", ""),
    (r"\b([Tt])he async\b", r"\1he sync"),
    (r"\b(any|another) task\b", r"\1 thread"),
    (r"for (\w+) in (.+):\n +yield \1\n", r"yield from \2\n"),
]


def sync_text(name: str, text: str) -> str:
    """Return the text of a sync module, by that of its async twin."""
    for old, new in TEXTS:
        text = text.replace(old, new)
    for pattern, new in WORDS:
        text = re.sub(pattern, new, text)
    return tidy(CLIENTS / "_sync" / name, HEADER.format(name=name) + text)


def tidy(path: Path, text: str) -> str:
    """Return the text of a module as ruff sorts and formats it, without unused imports."""
    where = ["--quiet", "--stdin-filename", str(path), "-"]
    text = _ruff(["check", "--fix-only", "--select", "I,F401", *where], text)
    return _ruff(["format", *where], text)


def _ruff(arguments: list[str], text: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, input=text.encode(), stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode()


def sync_half() -> dict[Path, str]:
    """Return every generated file of the sync half with its text."""
    sources = {path.name: path.read_text("utf-8") for path in sorted(CLIENTS.glob("_async/*.py"))}
    whole = "".join(sources.values())
    unused = [old for old, _ in TEXTS if old not in whole]
    if unused:
        raise SystemExit(f"unasync: no file has the text {unused[0]!r}")
    return {
        CLIENTS / "_sync" / name: sync_text(name, text)
        for name, text in sources.items()
        if name not in BY_HAND
    }


def main() -> int:
    """Run the command."""
    half = sync_half()
    wrong = [path for path, text in half.items() if _read(path) != text]
    if "--check" in sys.argv[1:]:
        print(*(f"{path} is not what `make generate` writes" for path in wrong), sep="\n", end="")
        return int(bool(wrong))
    for path in wrong:
        path.write_text(half[path], "utf-8")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
