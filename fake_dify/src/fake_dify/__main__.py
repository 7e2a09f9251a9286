"""Serve a stand-in Dify by hand: `python -m fake_dify --port 5001`."""

from __future__ import annotations

import argparse
import time

from . import FakeDify
from .versions import NEWEST
from .workflows import BUILTINS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fake_dify", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (the default) for a free one")
    parser.add_argument("--version", default=NEWEST, help="the Dify version to pretend")
    parser.add_argument("--key", default="app-test", help="the API key of the app")
    options = parser.parse_args()
    dify = FakeDify(options.version, options.key, port=options.port, check=False)
    with dify:
        print(f"FakeDify {dify.version} (a stand-in, not a Dify)")
        print(f"DIFY_BASE_URL={dify.url}")
        print(f"DIFY_API_KEY={dify.api_key}")
        names = ", ".join(f"app-{name}" for name in BUILTINS)
        print(f"Keys of built-in workflows: {names}", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
