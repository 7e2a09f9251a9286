"""The contract passes the linters that others would run on it; what is left out has its reason."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from places import ROOT

pytestmark = pytest.mark.slow

OPENAPI = ROOT / "openapi"
LINTERS = {
    "@redocly/cli@2.77.0": ("redocly", "lint", "dify-workflow.yaml"),
    "@stoplight/spectral-cli@6.16.3": (
        *("spectral", "lint", "--ruleset=.spectral.yaml", "--fail-severity=hint"),
        "dify-workflow.yaml",
    ),
}


@pytest.mark.index
@pytest.mark.skipif(shutil.which("npx") is None, reason="there is no npx")
@pytest.mark.parametrize("package", LINTERS)
def test_nothing_is_found(package: str) -> None:
    command = ["npx", "--yes", f"--package={package}", "--", *LINTERS[package]]
    done = subprocess.run(command, cwd=OPENAPI, capture_output=True, text=True, timeout=600)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warning" not in said.lower().replace("deprecation warning", ""), said
