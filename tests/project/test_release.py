"""A release is refused until it can be made; what is made of a version; what CI runs."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract_edits import GONE, SPEC, edited
from places import ROOT
from programs import git, printed

from generator.diff import versions
from generator.release import __main__ as release
from generator.release.readme_links import absolute

SOURCE = "https://git.example.com/x"
SET = {
    "authors = []": 'authors = [{ name = "Ann", email = "ann@example.com" }]',
    "[project.urls]\n": f'[project.urls]\nSource = "{SOURCE}"\n',
}
UNSET = ["authors is empty", "[project.urls] has no Source"]


def edit(root: Path, changes: dict[str, str]) -> None:
    text = (root / "pyproject.toml").read_text("utf-8")
    owners, urls = release.OWNERS.search(text), release.URLS.search(text)
    assert owners
    assert urls
    text = text.replace(owners[0], "authors = []\n").replace(urls[0], "[project.urls]\n\n")
    for old, new in changes.items():
        text = text.replace(old, new)
    (root / "pyproject.toml").write_text(text, "utf-8")
    git(root, "commit", "--all", "--allow-empty", "-m", "x")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    for name in (*release.PROJECTS, versions.VERSIONED):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "openapi").mkdir()
    (tmp_path / "openapi" / "dify-workflow.yaml").write_text(json.dumps(SPEC), "utf-8")
    log = "# Changelog\n\n## 0.7.0 (unreleased)\n\n- New.\n\n## 0.6.0 (2026-01-01)\n\n- Old.\n"
    (tmp_path / release.CHANGELOG).write_text(log, "utf-8")
    git(tmp_path, "add", ".")
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "version", "pythons", "wrong"),
    [
        ({}, "0.7.0", [], UNSET),
        ({"authors = []": SET["authors = []"]}, "0.7.0", [], UNSET[1:]),
        (SET, "0.7", [], ["three numbers are needed"]),
        (SET, "0.6.0", [], ["v0.6.0 is there already", "ask for 0.7.0"]),
        (SET, "0.6.1", [], ["the contract's changes ask for 0.7.0"]),
        (SET, "0.7.0", ["no-such-python"], ["no-such-python does not run"]),
        (SET, "0.7.0", [], []),
    ],
)
def test_it_is_refused(
    project: Path, changes: dict[str, str], version: str, pythons: list[str], wrong: list[str]
) -> None:
    (project / versions.VERSIONED).write_text('__version__ = "0.6.0"\n', "utf-8")
    edit(project, {})
    git(project, "tag", "v0.6.0")
    broken = edited({"AppInfo.mode": GONE, "AppInfo required mode": GONE})
    (project / "openapi" / "dify-workflow.yaml").write_text(json.dumps(broken), "utf-8")
    edit(project, changes)
    found = release.problems(project, version, pythons or [sys.executable])
    assert len(found) == len(wrong)
    for problem, part in zip(found, wrong, strict=True):
        assert part in problem


def test_what_is_not_committed_or_not_told_is_refused(project: Path) -> None:
    edit(project, SET)
    (project / release.CHANGELOG).write_text("# Changelog\n", "utf-8")
    found = release.problems(project, "0.7.0", [sys.executable])
    assert ["no section" in found[0], "not committed" in found[1], len(found)] == [True, True, 2]


def test_version_authors_and_urls_stand_in_one_place(project: Path) -> None:
    edit(project, SET)
    texts = release.prepared(project, "0.7.0")
    client, fake = (tomllib.loads(texts[project / name])["project"] for name in release.PROJECTS)
    assert versions.version(texts[project / versions.VERSIONED]) == (0, 7, 0)
    assert fake["version"] == "0.7.0"
    for told in (client, fake):
        assert told["authors"] == [{"name": "Ann", "email": "ann@example.com"}]
        assert told["urls"] == {"Source": SOURCE}
    assert client["optional-dependencies"]["testing"] == ["fake-dify==0.7.0"]
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    assert re.fullmatch(r"## 0\.7\.0 \(\d{4}-\d\d-\d\d\)\n\n- New\.\n", release.drafted(project))


def test_links_of_the_readme_lead_to_the_release() -> None:
    text = "[a](docs/a.md#b) ![c](d.svg) [e](https://e) [f](#f)"
    assert absolute(text, SOURCE, "1.2.3") == (
        f"[a]({SOURCE}/blob/v1.2.3/docs/a.md#b) ![c]({SOURCE}/raw/v1.2.3/d.svg) "
        "[e](https://e) [f](#f)"
    )


@pytest.mark.index
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_release_is_made_of_a_clone(tmp_path: Path) -> None:
    pytest.importorskip("twine")
    clone = tmp_path / "clone"
    git(ROOT, "clone", "--quiet", str(ROOT), str(clone))
    edit(clone, SET)
    command = ("-m", "generator.release", "0.2.0", sys.executable)
    told = printed(*command, folder=clone, timeout=600)
    assert "git tag -a v0.2.0 -F dist/notes.md" in told
    assert len([*(clone / "dist").glob("*0.2.0*")]) == 4


def workflow() -> dict[str, Any]:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return found


def test_ci_runs_each_python_that_is_named_and_each_system() -> None:
    jobs = workflow()
    matrix = jobs["test"]["strategy"]["matrix"]
    assert matrix["os"] == ["ubuntu-latest", "macos-latest"]
    assert jobs["windows"]["runs-on"] == "windows-latest"
    for job in (jobs["test"], jobs["windows"]):
        assert set(release.supported(ROOT)) <= set(job["strategy"]["matrix"]["python"])


def test_what_ci_runs_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    lines = [step["run"] for job in workflow().values() for step in job["steps"] if "run" in step]
    lines += (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    for line in lines:
        if line.startswith("make "):
            assert re.search(rf"^{line[5:]}:", makefile, re.M), line
        for path in re.findall(r"requirements/\S+|\.ci/\S+", line):
            assert (ROOT / path).is_file(), path
