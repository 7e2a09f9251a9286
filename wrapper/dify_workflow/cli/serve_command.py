"""A stand-in Dify, to try things out."""

from __future__ import annotations

import typer

from .exits import Problem

MISSING = "the stand-in server is a package of its own: pip install 'dify-workflow[testing]'"


def serve(context: typer.Context) -> None:
    """Serve a stand-in for Dify on this machine, until Ctrl-C; the same as `fake-dify serve`."""
    try:
        from fake_dify.command import main
    except ModuleNotFoundError as missing:
        raise Problem(f"{MISSING} ({missing})") from None
    main(["serve", *context.args])
