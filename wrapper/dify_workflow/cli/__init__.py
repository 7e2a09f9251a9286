"""The program `dify-workflow` for the terminal (extra `cli`)."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

NEEDED = ("typer", "rich", "platformdirs")


def main() -> None:
    """Run the program; the entry point `dify-workflow`."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(
            f"dify-workflow: {', '.join(missing)} is missing; install the extra for the terminal: "
            "pip install 'dify-workflow[cli]'",
            file=sys.stderr,
        )
        sys.exit(2)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed by whoever started this
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    from .app import app

    app(prog_name="dify-workflow")
