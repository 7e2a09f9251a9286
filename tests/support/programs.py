"""Programs that tests run to their end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from places import ROOT


def python(
    *arguments: str | Path,
    folder: Path = ROOT,
    env: Mapping[str, str] | None = None,
    timeout: float = 100,
) -> subprocess.CompletedProcess[str]:
    """Run this Python; whether it went well is for the caller to judge."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **(env or {})},
        timeout=timeout,
    )


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody with a name."""
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def printed(*arguments: str | Path, **options: Any) -> str:
    """Run this Python to a good end; return what it printed."""
    done = python(*arguments, **options)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout
