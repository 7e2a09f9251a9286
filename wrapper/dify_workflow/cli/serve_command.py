"""A stand-in Dify, to try things out."""

from __future__ import annotations

from typing import Annotated

import typer

from .exits import Problem

MISSING = "the stand-in server is a package of its own: pip install 'dify-workflow[testing]'"


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")] = 5001,
    version: Annotated[str, typer.Option(help="The Dify version to pretend.")] = "1.16.1",
    key: Annotated[str, typer.Option(help="The key of its app; no secret.")] = "app-test",
) -> None:
    """Serve a stand-in for Dify on this machine, until Ctrl-C; the same as `fake-dify serve`."""
    try:
        from fake_dify import FakeDify
        from fake_dify.command import serve as serve_dify
    except ModuleNotFoundError as missing:
        raise Problem(f"{MISSING} ({missing})") from None
    try:
        dify = FakeDify(version, key, port=port, check=False)
    except ValueError as error:
        raise Problem(f"--version {version}: {error}") from None
    try:
        serve_dify(dify)
    except OSError as error:
        raise Problem(f"--port {port}: {error.strerror}") from None
