"""Stand-ins of any version, with plain clients for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fake_dify import FakeDify
from fake_dify.versions import NEWEST
from fake_dify_calls import Plain, Serve


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a stand-in of a version with these options; give it, and a client for it."""
    with ExitStack() as opened:

        def make(version: str = NEWEST, **options: Any) -> tuple[FakeDify, Plain]:
            wanted = {"eof_delay": 0.0, "idle_limit": 5.0, **options}
            dify = opened.enter_context(FakeDify(version, **wanted))
            return dify, opened.enter_context(Plain(dify))

        yield make


@pytest.fixture
def dify(serve: Serve) -> FakeDify:
    return serve(idle_limit=1.0, ping_interval=0.05)[0]


@pytest.fixture
def client(dify: FakeDify) -> Iterator[Plain]:
    with Plain(dify) as client:
        yield client
