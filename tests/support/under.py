"""Run tests in another world: tests/under.py eventlet|gevent|httpx2|uvloop|..., and arguments."""

from __future__ import annotations

import asyncio
import importlib
import sys

name = sys.argv[1]
if name == "eventlet":
    importlib.import_module("trio")  # which cannot be imported under eventlet any more
    importlib.import_module("eventlet").monkey_patch()
elif name == "gevent":
    importlib.import_module("gevent.monkey").patch_all()
elif name == "httpx2":
    importlib.import_module("httpx2").alias_httpx()
elif name == "uvloop":
    asyncio.set_event_loop_policy(importlib.import_module("uvloop").EventLoopPolicy())

import pytest  # noqa: E402

quiet = ["-q", "-n", "0", "-W", "default", "-p", "no:cacheprovider"]
sys.exit(pytest.main([*sys.argv[2:], *quiet]))
