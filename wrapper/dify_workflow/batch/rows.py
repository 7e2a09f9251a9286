"""The rows: from any iterable, or from a CSV, JSONL or Parquet file, one at a time."""

from __future__ import annotations

import codecs
import csv
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from typing import Any, TextIO

from .. import InvalidArgument, is_missing, to_json
from ..errors import invalid
from ..typed import TypedRequest
from ..types.files import is_file
from .row_results import Key

Row = Mapping[str, Any]
Rows = Iterable[Row | TypedRequest[Any]] | str | os.PathLike[str]

_LONGEST_CELL = 1 << 28  # characters; the csv module stops at 131,072, and documents are longer
_BLANK = " \t\r\n\x1a\ufeff"  # ^Z closes the files of old programs
_EMPTY = _BLANK + ",;"  # what a row has that has no cell
_QUOTED = re.compile(r'"[^"]*"?')
_SEPARATOR = re.compile(r"sep=(.)\s*")  # a first line for Excel
_AT_ONCE = 256  # rows of a Parquet file in memory


def path_of(rows: Rows) -> Path | None:
    """Return the path of rows in a file, None for an iterable; raises `InvalidArgument`."""
    if isinstance(rows, str | os.PathLike):
        if not is_file(rows):
            raise invalid("rows", f"no file at {str(rows)!r}")
        path = Path(rows)
        _reader(path)
        return path
    if isinstance(rows, Mapping) or not isinstance(rows, Iterable):
        raise invalid("rows", "an iterable of mappings, or the path of a file")
    if isinstance(rows, list | tuple):  # all are there: before the first is run
        for number, row in enumerate(rows, 1):
            check_row(row, number)
    return None


def check_row(row: object, number: int) -> None:
    """Raise `InvalidArgument` for what is no row: a mapping, a typed request, pandas' Series."""
    if not isinstance(row, Mapping | TypedRequest) and not hasattr(row, "to_dict"):
        raise invalid("rows", f"row {number} is no mapping")


def read_rows(path: Path, encoding: str | None = None) -> Iterator[Row]:
    """Read the rows of a file, by its ending: .csv, .tsv, .jsonl, .ndjson or .parquet.

    Text is UTF-8, or UTF-16 with its mark, unless `encoding` says otherwise. CSV has a header line;
    where that has more semicolons or tabs than commas, they part the cells, or what a line `sep=;`
    before it says. Rows and last columns that are empty are left out. Raises `InvalidArgument` for
    what is no row, and without any.
    """
    row = None
    for row in _reader(path)(path, encoding):
        yield row
    if row is None:
        raise invalid("rows", f"{path.name} has no rows")


def count_rows(path: Path, encoding: str | None = None) -> int:
    """Count the rows of a file, without keeping them."""
    return sum(1 for _ in read_rows(path, encoding))


def key_of(row: Row, number: int, column: str | None) -> Key:
    """Return a row's key: a column's value, or its number from 1 on; raises `InvalidArgument`."""
    if column is None:
        return number
    if column not in row:
        have = ", ".join(map(str, row))
        raise invalid("key", f"row {number} has no {column!r}, only {have}")
    try:
        key = row[column]
        key = (
            str.__str__(key) if isinstance(key, str) else to_json(key)
        )  # as it is read back from the output
    except InvalidArgument:
        key = None
    if isinstance(key, bool) or not isinstance(key, str | int | float) or key == "":
        raise invalid("key", f"text or a number is needed, and row {number} has {row[column]!r}")
    return key


def _reader(path: Path) -> Any:
    readers = {
        ".csv": _read_csv,
        ".tsv": _read_csv,
        ".jsonl": _read_jsonl,
        ".ndjson": _read_jsonl,
        ".parquet": _read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise invalid("rows", f"a file that ends in {', '.join(readers)}, not {path.name!r}")
    return reader


@contextmanager
def _opened(path: Path, encoding: str | None) -> Iterator[TextIO]:
    """Open a file of text; raises `InvalidArgument` where it has another encoding."""
    if encoding is None:
        with path.open("rb") as raw:
            marked = raw.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        encoding = "utf-16" if marked else "utf-8-sig"
    with path.open(encoding=encoding, newline="") as file:
        try:
            yield file
        except UnicodeError as error:
            raise invalid(
                "rows",
                f"{path.name} is not {encoding.removesuffix('-sig').upper()}: {error}; give "
                "encoding=, such as gb18030 (Chinese Excel and WPS), cp1252 (Western Excel) or "
                "utf-16",
            ) from None


def _read_csv(path: Path, encoding: str | None) -> Iterator[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    with _opened(path, encoding) as file:
        first = next((line for line in file if line.strip(_EMPTY)), "")
        file.seek(0)
        said = _SEPARATOR.fullmatch(first)
        header = _QUOTED.sub("", first)
        guessed = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=header.count)
        lines = csv.reader(file, delimiter=said[1] if said else guessed, strict=True)
        rows = (cells for cells in lines if any(cell.strip(_BLANK) for cell in cells))
        try:
            if said:
                next(rows)
            names = [name.strip(_BLANK) for name in next(rows, ())]
            while names and not names[-1]:
                names.pop()
            if len(set(names)) < len(names):
                raise csv.Error("two columns have the same name")
            if "" in names:
                raise csv.Error(f"column {names.index('') + 1} has no name")
            for cells in rows:
                if any(cell.strip(_BLANK) for cell in cells[len(names) :]):
                    raise csv.Error("more cells than the header has columns")
                yield dict(zip_longest(names, cells[: len(names)], fillvalue=""))
        except csv.Error as error:
            raise _bad(path, lines.line_num, error) from None


def _read_jsonl(path: Path, encoding: str | None) -> Iterator[Row]:
    with _opened(path, encoding) as file:
        for number, line in enumerate(file, 1):
            if not line.strip(_BLANK):
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _bad(path, number, error) from None
            if not isinstance(row, dict):
                raise _bad(path, number, "a JSON object is needed")
            yield row


def _read_parquet(path: Path, encoding: str | None) -> Iterator[Row]:
    table = _parquet(path)
    try:
        for batch in table.iter_batches(batch_size=_AT_ONCE):
            for row in batch.to_pylist():
                if not all(value in (None, "") or is_missing(value) for value in row.values()):
                    yield row
    except (ValueError, OSError) as error:
        raise _unreadable(path, error) from error


def _parquet(path: Path) -> Any:
    try:
        parquet = import_module("pyarrow.parquet")  # it has no types
    except ModuleNotFoundError as missing:
        hint = "pip install 'dify-workflow[parquet]'"
        raise ImportError(f"Parquet files need an extra: {hint} ({missing})") from missing
    try:
        return parquet.ParquetFile(path)
    except (ValueError, OSError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InvalidArgument:
    return invalid("rows", f"{path.name} cannot be read: {error}")


def _bad(path: Path, line: int, why: object) -> InvalidArgument:
    return invalid("rows", f"line {line} of {path.name}: {why}")
