"""From the command line to the inputs of a run, or of a form.

`name=value` is text, `name:=json` any JSON value: what is meant is written down, never guessed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import InvalidArgument, WorkflowFile
from ..options import LONGEST
from .exits import Problem

InputOption = Annotated[
    list[str] | None,
    typer.Option(
        "-i",
        "--input",
        metavar="NAME=TEXT",
        help="An input: name=text, or name:=json for numbers, true, lists, objects. Repeatable.",
    ),
]
InputsOption = Annotated[
    str | None,
    typer.Option(
        "--inputs",
        metavar="JSON",
        help="A JSON object of inputs: its text, its file, or - for stdin; -i is above it.",
    ),
]
FileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--file",
        metavar="NAME=PATH",
        help="A file as an input, by path or URL; name[]=path, or repeating it, makes a list.",
    ),
]


def seconds(text: str) -> float:
    """Read an option that is a time."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < LONGEST:
        raise typer.BadParameter("a number of seconds, more than 0")
    return value


DeadlineOption = Annotated[
    float | None,
    typer.Option(parser=seconds, metavar="SECONDS", help="Give up watching after so long."),
]
ValidateOption = Annotated[
    bool, typer.Option("--validate", help="Check the inputs against the app's form first.")
]
WorkflowIdOption = Annotated[
    str | None, typer.Option(metavar="ID", help="Run this published version (Dify 1.7.2 on).")
]
RunIdArgument = Annotated[str, typer.Argument(metavar="RUN_ID", help="As `start` prints it.")]


def collect(
    pairs: Sequence[str] | None, source: str | None, files: Sequence[str] | None
) -> dict[str, Any]:
    """Return the inputs that the three options give; raises `Problem`."""
    inputs = _from_json(source) if source is not None else {}
    inputs |= _from_pairs(pairs or ())
    for name, value in _from_files(files or ()).items():
        if name in inputs:
            raise Problem(f"--file {name}: this input is given as a value too")
        inputs[name] = value
    return inputs


def _from_json(source: str) -> dict[str, Any]:
    where = "standard input" if source == "-" else source
    try:
        text = _read(source)
        value = json.loads(text)
    except OSError as error:
        raise Problem(f"--inputs {where}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Problem(f"--inputs {where}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Problem(f"--inputs {where}: a JSON object of names and values is needed")
    return value


def _read(source: str) -> str | bytes:
    if source.lstrip().startswith(("{", "[")):
        return source
    return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()


def _from_pairs(pairs: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        name, value = _pair(pair)
        if name in found:
            raise Problem(f"-i {name}: given twice")
        found[name] = value
    return found


def _pair(pair: str) -> tuple[str, Any]:
    name, equals, text = pair.partition("=")
    is_json = name.endswith(":")
    name = name.removesuffix(":").strip()
    if not equals or not name:
        raise Problem(f"-i {pair}: write name=text, or name:=json")
    if not is_json:
        return name, text
    try:
        return name, json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Problem(f"-i {name}: not JSON: {error}; write {name}={text} for text") from None


def _from_files(pairs: Sequence[str]) -> dict[str, Any]:
    found: dict[str, list[WorkflowFile]] = {}
    lists = set()
    for pair in pairs:
        name, equals, place = pair.partition("=")
        if name.endswith("[]"):
            name = name.removesuffix("[]")
            lists.add(name)
        if not equals or not name or not place:
            raise Problem(f"--file {pair}: write name=path")
        found.setdefault(name, []).append(as_file(place, f"--file {name}"))
    return {
        name: files if name in lists or len(files) > 1 else files[0]
        for name, files in found.items()
    }


def as_file(place: str, where: str) -> WorkflowFile:
    """Return the file at a path or URL; raises `Problem`, with `where` it was given."""
    try:
        if place.startswith(("http://", "https://")):
            return WorkflowFile.from_url(place)
        return WorkflowFile.from_path(Path(place).expanduser())
    except InvalidArgument as error:
        if error.field == "path":
            raise Problem(f"{where}: no file {place}") from None
        raise Problem(f"{where}: {error}") from None
    except RuntimeError as error:  # there is no such ~user
        raise Problem(f"{where}: {error}") from None
