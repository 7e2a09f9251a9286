"""A process that is forked while another thread imports what is imported at first use."""

from __future__ import annotations

import importlib
import os
from typing import Any

_OURS = ("dify_workflow", "dify_workflow_api", "h1_streams", "httpx", "httpcore", "h11", "anyio")


def _finish_imports() -> None:
    """Wait for other threads' imports: the child has their locks, and nobody to release them."""
    bootstrap: Any = getattr(importlib, "_bootstrap", None)
    for name in list(getattr(bootstrap, "_module_locks", ())):
        if name.partition(".")[0] in _OURS:
            try:
                importlib.import_module(name)
            except Exception:
                pass  # it is raised where it is imported


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_finish_imports)
