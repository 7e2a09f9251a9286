"""What the figures were taken on, without saying which machine it was."""

from __future__ import annotations

import datetime
import os
import platform
import re
from pathlib import Path
from typing import Any

import envs

SHOWN = (
    "httpx",
    "attrs",
    "orjson",
    "requests",
    "aiohttp",
    "httpx-sse",
    "pydify",
    "dify-client-python",
)


def described() -> dict[str, Any]:
    """The processor, the memory, the system, Python."""
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu[1].strip() if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 2**30),
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def versions(environments: list[str]) -> dict[str, str]:
    """The versions of what was compared."""
    found: dict[str, str] = {}
    for name in environments:
        found |= envs.versions(name)
    return {name: found[name] for name in SHOWN if name in found}
