"""What goes to stdout (results) and to stderr (everything else), in terminals and in pipes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from .. import json_text
from ..types.text import REASONING, split_reasoning, texts_of

if TYPE_CHECKING:
    from rich.console import Console

_NARROWEST = 14  # characters that a column's lines have at least, or its longest cell
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def write(text: str, stream: TextIO | None = None) -> None:
    """Write a line; in a terminal without what could steer it, in a pipe as it is."""
    target = sys.stdout if stream is None else stream
    if target.isatty():
        text = clean(text)
    encoding = target.encoding or "utf-8"
    target.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    target.flush()


def note(text: str) -> None:
    """Say something that is no part of the result."""
    write(text, sys.stderr)


def write_json(value: Any, *, indent: int | None = None) -> None:
    """Write one JSON value; in a pipe a single line, unless `indent` is given."""
    if indent is None and sys.stdout.isatty():
        indent = 2
    write(as_json(value, indent=indent))


def write_event(value: Any) -> None:
    """Write one JSON value on one line."""
    write(as_json(value))


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return JSON that the terminal or pipe can show; what it cannot is escaped."""
    text = json_text(value, indent=indent, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json_text(value, ensure_ascii=True, indent=indent, default=str)
    return text


def write_outputs(outputs: Mapping[str, Any]) -> None:
    """Write a run's outputs: a text alone as it is, without reasoning; all else as JSON."""
    texts = texts_of(outputs)
    if len(texts) == 1 and outputs.keys() <= {*texts, REASONING}:
        write("".join(split_reasoning(text).text for text in texts.values()))
    else:
        write(as_json(outputs, indent=2))


def write_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, whole: Sequence[str] = ()
) -> None:
    """Write a table: drawn in a terminal, tab-separated with a header in a pipe.

    `whole` names the columns that are not broken into lines; a terminal that is too narrow for them
    shows a row as lines of names and values. Nothing is cut.
    """
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            write("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.table import Table
    from rich.text import Text

    console, cells = console_on(sys.stdout), [[Text(clean(cell)) for cell in row] for row in rows]
    widest = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    needed = [
        width if name in whole else min(width, _NARROWEST)
        for name, width in zip(columns, widest, strict=True)
    ]
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    if sum(needed) + 2 * len(needed) <= console.width:
        for name in columns:
            drawn.add_column(name, overflow="fold", no_wrap=name in whole)
        for row_cells in cells:
            drawn.add_row(*row_cells)
    else:
        drawn.show_header = False
        drawn.add_column(style="bold", no_wrap=True)
        drawn.add_column(overflow="fold")
        for row_cells in cells:
            if drawn.row_count:
                drawn.add_row()
            for name, cell in zip(columns, row_cells, strict=True):
                if cell:
                    drawn.add_row(name, cell)
    console.print(drawn)


def clean(text: str) -> str:
    """Return a text without control characters, which could steer the terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def console_on(stream: TextIO) -> Console:
    """Return a console; it keeps to NO_COLOR, and marks up nothing by itself."""
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)


def is_live(stream: TextIO) -> bool:
    """Whether a picture that changes can be drawn there."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")
