"""The wheel alone, in an empty environment, runs a workflow; the sdist holds what builds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from fake_dify import FakeDify

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent
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
        await dify.run_workflow({"text": "hello"})
        sys.meta_path.insert(0, Searched)
        print((await dify.run_workflow({"text": "hello"})).outputs)


asyncio.run(main())
print("searched for:", *Searched.names)
"""


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return folder


def test_the_wheel_holds_the_packages_and_nothing_else(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"dify_workflow", "dify_workflow_api", "h1_streams"}
    for needed in (f"{top}/py.typed" for top in tops):
        assert needed in names
    assert "dify_workflow_api/openapi.json" in names
    assert not [name for name in names if name.endswith(".md")]


def test_the_sdist_holds_the_contract_and_the_generator(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"openapi/dify-workflow.yaml", "generator/generate.py", "Makefile"} <= names


@pytest.mark.index
@pytest.mark.slow
def test_the_wheel_alone_runs_a_workflow(dist: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    (wheel,) = dist.glob("*.whl")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, text=True)
    with FakeDify() as fake:
        ran = subprocess.run(
            [str(python), "-W", "error", "-c", PROGRAM, fake.url, fake.api_key],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    # No module is searched for by each request, as httpcore does for sniffio where it is missing.
    told = ["WorkflowFinishedData {'text': 'hello'}", "{'text': 'hello'}", "searched for:"]
    assert ran.stdout.splitlines() == told


@pytest.mark.types
def test_every_public_type_is_known(dist: Path, tmp_path: Path) -> None:
    """What pyright says of the packages as they are installed."""
    (wheel,) = dist.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    bin_folder = str(Path(sys.executable).parent)
    environment = os.environ | {
        "PYTHONPATH": str(tmp_path),
        "PATH": os.pathsep.join([bin_folder, os.environ["PATH"]]),
    }
    for package in ("dify_workflow", "dify_workflow_api"):
        ran = subprocess.run(
            ["pyright", "--verifytypes", package, "--ignoreexternal", "--outputjson"],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
        )
        found = json.loads(ran.stdout)["typeCompleteness"]
        not_known = [
            f"{symbol['name']}: {reason['message']}"
            for symbol in found["symbols"]
            for reason in symbol["diagnostics"]
            if not symbol["isTypeKnown"] and reason["severity"] == "error"
        ]
        assert not_known == []
        assert found["exportedSymbolCounts"]["withKnownType"] > 300
        assert found["completenessScore"] == 1
