"""What the documents say of the code's places is so: files, rooms, figures."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
OWN_HTTP = ROOT / "wrapper" / "h1_streams"


def test_the_readme_of_the_connections_names_files_that_are_there() -> None:
    text = (OWN_HTTP / "README.md").read_text("utf-8")
    tests = re.findall(r"\btest_\w+\.py", text)
    assert len(tests) > 10
    for name in tests:
        assert (ROOT / "tests" / name).is_file(), name
    for name in re.findall(r"`(\w+\.py)`", text):
        assert (OWN_HTTP / name).is_file(), name
    for path in re.findall(r"\]\((\S+)\)", text):
        assert (OWN_HTTP / path).is_file(), path


def test_its_tests_are_all_of_the_connections() -> None:
    text = (OWN_HTTP / "README.md").read_text("utf-8")
    for pattern in ("test_http11_*.py", "test_framing*.py"):
        for path in (ROOT / "tests").glob(pattern):
            assert path.name in text, path.name


def test_its_figures_are_those_of_the_benchmarks() -> None:
    rows = re.findall(r"^\|.*\d \|$", (OWN_HTTP / "README.md").read_text("utf-8"), re.M)
    assert rows
    measured = (ROOT / "benchmarks" / "README.md").read_text("utf-8").splitlines()
    assert set(rows) <= set(measured)
