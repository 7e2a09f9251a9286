"""The locks: each purpose gets the same versions, and they install on every Python since 3.11.0."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from places import ROOT
from programs import printed

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PYTHONS = ["3.11.0", "3.11.2", "3.12.0", "3.13.0"]


def names(lines: list[str]) -> set[str]:
    found = map(Requirement, lines)
    return {canonicalize_name(one.name) for one in found if not one.marker or one.marker.evaluate()}


def test_there_is_one_for_each_purpose_of_make() -> None:
    (purposes,) = re.findall(r"^PURPOSES := (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert [path.stem for path in LOCKS] == sorted(purposes.split())
    assert set(PROJECT["dependency-groups"]) == set(purposes.split())


def versions(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for requirement in map(Requirement, path.read_text("utf-8").splitlines()):
        found.setdefault(requirement.name, set()).add(str(requirement.specifier))
    return found


def test_they_agree_so_that_one_environment_serves_all() -> None:
    every = [versions(path) for path in LOCKS]
    for one in every:
        for name, found in one.items():
            assert all(other[name] == found for other in every if name in other), name


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_each_has_what_its_group_names(path: Path) -> None:
    group = PROJECT["dependency-groups"][path.stem]
    wanted = [*PROJECT["project"]["dependencies"], *(one for one in group if type(one) is str)]
    assert names(wanted) <= names(path.read_text("utf-8").splitlines())


@pytest.mark.slow
@pytest.mark.index
@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", PYTHONS)
@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_it_installs_on(path: Path, version: str, tmp_path: Path) -> None:
    pip = ("-m", "pip", "install", "--quiet", "--dry-run", "--only-binary=:all:")
    where = ("--python-version", version, "--target", tmp_path, "-r", path)
    printed(*pip, *where, timeout=600)
