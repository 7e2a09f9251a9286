"""What the documents say of the code's places is so: files, rooms, figures."""

from __future__ import annotations

import re
import runpy
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from dify_workflow import DifyWorkflow
from fake_dify import FakeDify
from places import ROOT

OWN_HTTP = ROOT / "wrapper" / "h1_streams"
CLIENT = ROOT / "wrapper" / "dify_workflow"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def section(title: str) -> str:
    return CONTRIBUTING.partition(f"\n### {title}\n")[2].partition("\n#")[0]


def test_the_rooms_are_those_that_are_there_in_the_order_that_is_held() -> None:
    rows = re.findall(r"^\| (`.*?) \|", section("The rooms of the client"), re.M)
    rooms = [name.removesuffix(".py") for row in rows for name in re.findall(r"`(.*?)`", row)]
    there = [*CLIENT.glob("*.py"), *(path.parent for path in CLIENT.glob("*/__init__.py"))]
    assert set(rooms) == {path.stem for path in there} - {"__init__"}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = [
        contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == ["dify_workflow"]
    ]
    held = [name.strip("() ") for layer in layers for name in layer.split("|")]
    assert rooms == [name for name in held if name in rooms]


def test_one_call_goes_through_the_files_that_are_named() -> None:
    """In this order, each into the function that is named."""
    title = "One call, from the facade to the socket"
    steps = re.findall(r"^\d\. `(\S+)`: `(\w+)`", section(title), re.M)
    assert len(steps) == 8
    entered: list[tuple[str, str]] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            entered.append((frame.f_code.co_filename, frame.f_code.co_name))

    with FakeDify() as fake, DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify:
        before = sys.getprofile()
        sys.setprofile(note)
        try:
            next(dify.run_workflow_stream({}))
        finally:
            sys.setprofile(before)
    left = iter(entered)
    for path, function in steps:
        package = CLIENT.parent if path.startswith("h1_streams/") else CLIENT
        assert (str(package / path), function) in left, (path, function)


@pytest.mark.long
def test_a_run_enters_no_more_than_is_told() -> None:
    told = re.search(r"at most (\d+) calls in (\d+) files, (\d+) of them", CONTRIBUTING)
    assert told is not None
    frames = runpy.run_path(str(ROOT / "benchmarks" / "frames.py"))
    counted = frames["entered"]()
    calls, files = frames["totals"](counted)
    _, of_client = frames["totals"](counted, "dify_workflow/")
    assert 0 < calls <= int(told[1])
    assert 0 < of_client <= int(told[3]) < files <= int(told[2])


def lines(paths: Iterable[Path], *, generated: bool = False) -> int:
    texts = [path.read_text("utf-8") for path in paths]
    return sum(text.count("\n") for text in texts if text.startswith("# Written from") is generated)


def test_the_lines_are_counted_about_right() -> None:
    """Within a tenth: who moves more than that says so in the table."""
    table = section("How much there is, and why")
    told = re.findall(r"^\| (.+?) \| ([\d,]+) \|", table, re.M)
    rooms = [path for path in CLIENT.iterdir() if path.name not in ("batch", "cli", "exported")]
    core = [file for room in rooms for file in (room.rglob("*.py") if room.is_dir() else [room])]
    for name, figure in told:
        count = int(figure.replace(",", ""))
        if name == "the client":
            counted = lines(path for path in core if path.suffix == ".py")
        elif name.endswith(", as generated"):
            counted = lines((CLIENT / "_clients" / "_sync").glob("*.py"), generated=True)
        else:
            folder = ROOT / name.strip("`")
            copied = folder / "exported"  # it is counted where it comes from
            counted = lines(path for path in folder.rglob("*.py") if path.parent != copied)
        assert abs(counted - count) <= count / 10, f"{name}: {counted} lines"


def test_the_readme_of_the_connections_names_files_that_are_there() -> None:
    text = (OWN_HTTP / "README.md").read_text("utf-8")
    tests = set(re.findall(r"\btest_\w+\.py", text))
    assert tests <= {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert tests >= {path.name for path in (ROOT / "tests" / "h1_streams").glob("test_*.py")}
    for path in re.findall(r"`(\w+\.py)`|\]\((\S+)\)", text):
        assert (OWN_HTTP / "".join(path)).is_file(), path


def test_its_figures_are_those_of_the_benchmarks() -> None:
    rows = re.findall(r"^\|.*\d \|$", (OWN_HTTP / "README.md").read_text("utf-8"), re.M)
    assert rows
    measured = (ROOT / "benchmarks" / "README.md").read_text("utf-8").splitlines()
    assert set(rows) <= set(measured)
