"""The command `fake-dify`."""

from __future__ import annotations

import argparse
import json
import sys
import threading

from . import FakeDify
from .faults import as_markdown
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
    told = "an exported app (YAML): its form, its nodes, and samples of its outputs"
    serving.add_argument("--workflow", metavar="FILE", help=told)
    told = """what --workflow gives out instead, as JSON: '{"answer": "yes"}'"""
    serving.add_argument("--values", type=json.loads, metavar="JSON", help=told)
    told = "a fault of the catalogue, e.g. cut:3; may be given several times"
    serving.add_argument("--fault", metavar="NAME[:N]", action="append", default=[], help=told)
    commands.add_parser("faults", help="list the faults, and what a right client does")
    options = parser.parse_args(arguments)
    if "port" not in options:
        print(as_markdown())
        return
    about = {"app_file": options.workflow, "values": options.values}
    try:
        dify = FakeDify(options.version, options.key, port=options.port, check=False, **about)
        for fault in options.fault:
            name, _, at = fault.partition(":")
            dify.switch_on(name, int(at) if at else None)
    except ValueError as error:
        serving.error(f"{error}")
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
            print(f"app-{name:<15} {workflow.does}", file=sys.stderr)
        threading.Event().wait()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    finally:
        dify.stop()
