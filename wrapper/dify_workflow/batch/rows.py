"""The rows: from any iterable, or from a CSV, JSONL or Parquet file, one at a time."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from .. import InvalidArgument
from .results import Key

Row = Mapping[str, Any]
Rows = Iterable[Row] | str | os.PathLike[str]

_LONGEST_CELL = 1 << 28  # characters; the csv module stops at 131,072, and documents are longer
_AT_ONCE = 256  # rows of a Parquet file in memory


def path_of(rows: Rows) -> Path | None:
    """Return the path of rows in a file, None for an iterable; raises `InvalidArgument`."""
    if isinstance(rows, str | os.PathLike):
        path = Path(rows)
        _reader(path)
        if not path.is_file():
            raise InvalidArgument(f"rows: no file at {str(path)!r}", field="rows")
        return path
    if isinstance(rows, Mapping) or not isinstance(rows, Iterable):
        raise InvalidArgument("rows: an iterable of mappings, or the path of a file", field="rows")
    return None


def read_rows(path: Path) -> Iterator[Row]:
    """Read the rows of a file, by its ending: .csv, .tsv, .jsonl, .ndjson or .parquet.

    CSV is UTF-8 with a header line. Raises `InvalidArgument` for what is no row.
    """
    yield from _reader(path)(path)


def count_rows(path: Path) -> int:
    """Count the rows of a file, without keeping them."""
    if path.suffix.lower() == ".parquet":
        count: int = _parquet(path).metadata.num_rows
        return count
    return sum(1 for _ in read_rows(path))


def key_of(row: Row, number: int, column: str | None) -> Key:
    """Return a row's key: a column's value, or its number from 1 on; raises `InvalidArgument`."""
    if column is None:
        return number
    if column not in row:
        have = ", ".join(map(str, row))
        raise InvalidArgument(f"key: row {number} has no {column!r}, only {have}", field="key")
    key = row[column]
    if isinstance(key, bool) or not isinstance(key, str | int | float) or key == "":
        raise InvalidArgument(
            f"key: text or a number is needed, and row {number} has {key!r}", field="key"
        )
    if isinstance(key, float) and not math.isfinite(key):
        raise InvalidArgument(f"key: row {number} has {key}, which has no JSON form", field="key")
    # As it is read back from the output, where an Enum, say, is its value.
    if isinstance(key, str):
        return str.__str__(key)
    return int(key) if isinstance(key, int) else float(key)


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
        raise InvalidArgument(
            f"rows: a file that ends in {', '.join(readers)}, not {path.name!r}", field="rows"
        )
    return reader


def _read_csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    with path.open(encoding="utf-8-sig", newline="") as file:
        dialect = "excel-tab" if path.suffix.lower() == ".tsv" else "excel"
        lines = csv.DictReader(file, dialect=dialect, restval="", strict=True)
        try:
            names = lines.fieldnames or ()
            if len(set(names)) < len(names):
                raise csv.Error("two columns have the same name")
            for row in lines:
                if None in row:
                    raise csv.Error("more cells than the header has columns")
                yield row
        except csv.Error as error:
            raise _bad(path, lines.reader.line_num, error) from None
        except UnicodeDecodeError as error:
            raise InvalidArgument(
                f"rows: {path.name} is not UTF-8: {error}", field="rows"
            ) from None


def _read_jsonl(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _bad(path, number, error) from None
            if not isinstance(row, dict):
                raise _bad(path, number, "a JSON object is needed")
            yield row


def _read_parquet(path: Path) -> Iterator[Row]:
    table = _parquet(path)
    try:
        for batch in table.iter_batches(batch_size=_AT_ONCE):
            yield from batch.to_pylist()
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
    return InvalidArgument(f"rows: {path.name} cannot be read: {error}", field="rows")


def _bad(path: Path, line: int, why: object) -> InvalidArgument:
    return InvalidArgument(f"rows: line {line} of {path.name}: {why}", field="rows")
