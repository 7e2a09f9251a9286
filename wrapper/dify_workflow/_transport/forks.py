"""A process that is forked while another thread does what is done at first use."""

from __future__ import annotations

import importlib
import os
import threading
from typing import Any

_OURS = (
    "dify_workflow",
    "dify_workflow_api",
    "h1_streams",
    "httpx",
    "httpcore",
    "h11",
    "anyio",
    "httpx2",
    "httpcore2",
)


UNFORKED = threading.RLock()  # held while OpenSSL makes a context, under locks of its own


def _finish() -> None:
    """Wait for other threads: the child has the locks they hold, and nobody to release them."""
    UNFORKED.acquire()
    bootstrap: Any = getattr(importlib, "_bootstrap", None)
    for name in list(getattr(bootstrap, "_module_locks", ())):
        if name.partition(".")[0] in _OURS:
            try:
                importlib.import_module(name)
            except Exception:
                pass  # it is raised where it is imported


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_finish, after_in_parent=UNFORKED.release, after_in_child=UNFORKED.release
    )
