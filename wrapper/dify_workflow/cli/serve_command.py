"""A stand-in Dify, to try things out."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from .exits import Problem
from .output import note, write


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")] = 5001,
    version: Annotated[str, typer.Option(help="The Dify version to pretend.")] = "1.14.2",
    key: Annotated[str, typer.Option(help="The key of its app; no secret.")] = "app-test",
) -> None:
    """Serve a stand-in for Dify on this machine, until Ctrl-C.

    It needs the extra `testing`: pip install 'dify-workflow[testing]'.
    """
    try:
        from fake_dify import FakeDify
        from fake_dify.workflows import BUILTINS

        dify = FakeDify(version, key, port=port, check=False)
    except ImportError as missing:
        raise Problem(str(missing)) from None
    except ValueError as error:
        raise Problem(f"--version {version}: {error}") from None
    try:
        dify.start()
    except OSError as error:
        raise Problem(f"--port {port}: {error.strerror}") from None
    try:
        write(f"DIFY_BASE_URL={dify.url}")
        write(f"DIFY_API_KEY={dify.api_key}")
        note(f"a stand-in for Dify {dify.version}; Ctrl-C ends it")
        note(f"keys of built-in workflows: {', '.join(f'app-{name}' for name in BUILTINS)}")
        threading.Event().wait()
    except KeyboardInterrupt:
        note("stopped")
    finally:
        dify.stop()
