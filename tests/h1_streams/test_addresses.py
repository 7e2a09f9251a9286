"""The address of a host is kept for a short time, and followed when it changes. In asyncio."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from dify_workflow import AsyncDifyWorkflow
from h1_streams import asyncio_streams
from replay_server import ReplayServer, Reply
from slow_runs import RUN

NAME = "moving.test"


class Names:
    """A resolver that knows one name: where it is now, and how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server: ReplayServer | None = None
        self.asked = 0
        self._original = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self)
        monkeypatch.setattr(asyncio_streams, "_addresses", {})

    def __call__(self, host: Any, port: Any, *how: Any, **more: Any) -> Any:
        if host != NAME:
            return self._original(host, port, *how, **more)
        assert self.server is not None
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", self.server._address)]


def test_a_name_that_moves_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    names, clock = Names(monkeypatch), SimpleNamespace(now=0.0)
    monkeypatch.setattr(asyncio_streams, "time", SimpleNamespace(monotonic=lambda: clock.now))

    async def main() -> None:
        async with AsyncDifyWorkflow(api_key="app-x", base_url=f"http://{NAME}") as dify:
            with ReplayServer([Reply.of(RUN)]) as third:
                for now, server in ((0.0, first), (1.0, first), (9.9, second), (10.0, third)):
                    clock.now, names.server = now, server
                    await dify.run_workflow({})
                told = [len(server.requests) for server in (first, second, third)]
                assert (told, names.asked) == ([3, 0, 1], 2)
            names.server = second  # the third is gone
            await dify.run_workflow({})
            assert (len(second.requests), names.asked) == (1, 3)

    with ReplayServer([Reply.of(RUN)]) as first, ReplayServer([Reply.of(RUN)]) as second:
        asyncio.run(main())
