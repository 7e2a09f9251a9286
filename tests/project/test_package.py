"""Each wheel alone, in an empty environment, does its work; the sdists hold what builds them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import dify_workflow
import pytest
from fake_dify import FakeDify
from places import ROOT
from programs import printed, python

pytestmark = pytest.mark.long

PROGRAM = """
import asyncio
import sys
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow

with DifyWorkflow(base_url=sys.argv[1], api_key=sys.argv[2]) as dify:
    for item in dify.run_workflow_stream({"text": "hello"}):
        item.data
    print(type(item.data).__name__, dify.run_workflow({"text": "hello"}).outputs)


class Searched:
    names = []

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        cls.names.append(name)


async def main():
    async with AsyncDifyWorkflow(base_url=sys.argv[1], api_key=sys.argv[2]) as dify:
        sys.meta_path.insert(0, Searched)
        for _ in range(3):
            response = await dify.run_workflow({"text": "hello"})
        print(response.outputs)


asyncio.run(main())
print("searched again:", *{name for name in Searched.names if Searched.names.count(name) > 1})
"""
STAND_IN = """
import sys, urllib.request
from fake_dify import FakeDify

with FakeDify() as fake:
    headers = {"Authorization": f"Bearer {fake.api_key}"}
    request = urllib.request.Request(f"{fake.url}/info", headers=headers)
    with urllib.request.urlopen(request) as reply:
        print(reply.status)
print([name for name in sys.modules if name.startswith(("dify_workflow", "httpx"))])
"""
CLIENT = {"dify_workflow", "dify_workflow_api", "h1_streams"}
PYTHONS = os.environ.get("DIFY_PYTHONS", sys.executable).split()


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both, or take those of `make release`."""
    if given := os.environ.get("DIFY_DIST"):
        return Path(given)
    folder = tmp_path_factory.mktemp("dist")
    for source in (ROOT, ROOT / "fake_dify"):
        printed("-m", "build", "--no-isolation", "--outdir", folder, source)
    return folder


def wheel(dist: Path, name: str) -> Path:
    (found,) = dist.glob(f"{name}-*.whl")
    return found


def test_both_have_the_same_version_and_the_extra_pins_it() -> None:
    client, fake = (
        tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        for folder in (ROOT, ROOT / "fake_dify")
    )
    assert dify_workflow.__version__ == fake["version"]
    assert client["optional-dependencies"]["testing"] == [f"fake-dify=={fake['version']}"]


@pytest.mark.parametrize(
    ("name", "packages", "contract", "plugins"),
    [
        ("dify_workflow", CLIENT, "dify_workflow_api", 0),  # it registers nothing with pytest
        ("fake_dify", {"fake_dify"}, "fake_dify", 1),
    ],
)
def test_the_wheel_holds_the_packages_and_nothing_else(
    dist: Path, name: str, packages: set[str], contract: str, plugins: int
) -> None:
    archive = zipfile.ZipFile(wheel(dist, name))
    names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == packages
    assert {f"{package}/py.typed" for package in packages} <= set(names)
    assert f"{contract}/openapi.json" in names
    assert not [name for name in names if name.endswith(".md")]
    (points,) = [name for name in names if name.endswith("entry_points.txt")]
    assert archive.read(points).count(b"[pytest11]") == plugins


def test_the_sdist_holds_the_contract_and_the_generator(dist: Path) -> None:
    (sdist,) = dist.glob("dify_workflow-*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"openapi/dify-workflow.yaml", "generator/generate/__main__.py", "Makefile"} <= names


@pytest.mark.index
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("interpreter", PYTHONS)
def test_each_wheel_alone_does_its_work(dist: Path, tmp_path: Path, interpreter: str) -> None:
    """DIFY_PYTHONS="python3.12 python3.13" names other interpreters."""

    def run(name: str, program: str, *arguments: str) -> list[str]:
        python = str(tmp_path / name / "bin" / "python")
        install = (python, "-m", "pip", "install", "--quiet", str(wheel(dist, name)))
        for command in ((interpreter, "-m", "venv", str(tmp_path / name)), install):
            subprocess.run(command, check=True, capture_output=True, text=True)
        program_run = (python, "-W", "error", "-c", program, *arguments)
        ran = subprocess.run(program_run, capture_output=True, text=True, cwd=tmp_path)
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.splitlines()

    assert run("fake_dify", STAND_IN) == ["200", "[]"]
    with FakeDify() as fake:
        told = run("dify_workflow", PROGRAM, fake.url, fake.api_key)
    # No module is searched for by each request, as httpcore does for sniffio where it is missing.
    said = ["WorkflowFinishedData {'text': 'hello'}", "{'text': 'hello'}", "searched again:"]
    assert told == said


@pytest.mark.types
def test_every_public_type_is_known(dist: Path, tmp_path: Path) -> None:
    for one in dist.glob("*.whl"):
        zipfile.ZipFile(one).extractall(tmp_path)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {"PYTHONPATH": str(tmp_path), "PATH": path}
    for package in ("dify_workflow", "dify_workflow_api", "fake_dify"):
        command = ("-m", "pyright", "--verifytypes", package, "--ignoreexternal", "--outputjson")
        ran = python(*command, folder=tmp_path, env=env, timeout=300)
        found = json.loads(ran.stdout)["typeCompleteness"]
        not_known = [
            f"{symbol['name']}: {reason['message']}"
            for symbol in found["symbols"]
            for reason in symbol["diagnostics"]
            if not symbol["isTypeKnown"] and reason["severity"] == "error"
        ]
        assert not_known == [], "\n".join(not_known)
        assert found["exportedSymbolCounts"]["withKnownType"] > 100
        assert found["completenessScore"] == 1
