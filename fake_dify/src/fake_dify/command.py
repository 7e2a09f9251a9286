"""The command `fake-dify`."""

from __future__ import annotations

import argparse
import sys
import threading

from . import FakeDify
from .steps.builtin import BUILTINS
from .versions import NEWEST


def main(arguments: list[str] | None = None) -> None:
    """Run the command; the entry point `fake-dify`."""
    parser = argparse.ArgumentParser(prog="fake-dify", description="A stand-in for a Dify server.")
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve", help="serve on 127.0.0.1 until Ctrl-C")
    serving.add_argument("--port", type=int, default=5001, help="0 for a free one (default: 5001)")
    serving.add_argument("--version", default=NEWEST, help="the Dify version to pretend")
    serving.add_argument("--key", default="app-test", help="the API key of its app; no secret")
    options = parser.parse_args(arguments)
    try:
        dify = FakeDify(options.version, options.key, port=options.port, check=False)
    except ValueError as error:
        serving.error(f"--version {options.version}: {error}")
    try:
        serve(dify)
    except (OSError, OverflowError) as error:
        serving.error(f"--port {options.port}: {getattr(error, 'strerror', None) or error}")


def serve(dify: FakeDify) -> None:
    """Serve until Ctrl-C; print how to reach the server to stdout, what it has to stderr."""
    dify.start()
    try:
        print(f"DIFY_BASE_URL={dify.url}\nDIFY_API_KEY={dify.api_key}", flush=True)
        print(f"a stand-in for Dify {dify.version}; Ctrl-C ends it", file=sys.stderr)
        for name, workflow in BUILTINS.items():
            print(f"app-{name:<15} {(workflow.__doc__ or '').strip()}", file=sys.stderr)
        threading.Event().wait()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    finally:
        dify.stop()
