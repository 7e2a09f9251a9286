"""Under trio, httpx leaves generators of its own to the garbage collector where something fails."""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let it do so in whatever test of this room it comes to that."""
    for what in ("Async generator:ResourceWarning", ":pytest.PytestUnraisableExceptionWarning"):
        item.add_marker(pytest.mark.filterwarnings(f"ignore:{what}"))
