"""What is kept for the next connection: where a host is, for a short time, and a session of TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from dify_workflow import AsyncDifyWorkflow, ConnectionFailed
from facade import Kind, both, client
from h1_streams import asyncio_streams
from replay_server import ReplayServer, Reply
from slow_runs import RUN
from tunnel import Tunnel, trusting

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


# A TLS session is gone on with by the next stream, where context and server allow it.


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer([Reply.of(RUN)]) as server:
        yield server


@both
def test_a_session_is_used_until_it_is_refused(kind: Kind, server: ReplayServer) -> None:
    with Tunnel(server.url, tls=True) as tunnel:
        url = tunnel.url
    with client(kind, url, verify=trusting()) as dify:
        for _ in range(2):  # it is restarted, and has other keys
            with Tunnel(server.url, tls=True, port=httpx.URL(url).port or 0) as tunnel:
                for _ in range(3):
                    dify.run_workflow({})
            assert tunnel.resumed == [False, True, True]


@both
def test_a_session_stays_with_its_context(kind: Kind, server: ReplayServer) -> None:
    """One that wants no tickets has none; a certificate that one trusts is checked by another."""
    without = trusting()
    without.options |= ssl.OP_NO_TICKET
    with Tunnel(server.url, tls=True) as secured:
        for context in (without, trusting()):
            with client(kind, secured, verify=context) as dify:
                for _ in range(3):
                    dify.run_workflow({})
        assert secured.resumed == [False] * 4 + [True] * 2
        with (
            client(kind, secured, max_retries=0) as dify,
            pytest.raises(ConnectionFailed, match="certificate is refused"),
        ):
            dify.run_workflow({})
