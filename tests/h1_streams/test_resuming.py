"""A TLS session is gone on with by the next stream, where context and server allow it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx
import pytest
from dify_workflow import ConnectionFailed
from facade import Kind, both, client
from replay_server import ReplayServer, Reply
from slow_runs import RUN
from tunnel import Tunnel, trusting


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
def test_a_context_without_tickets_resumes_nothing(kind: Kind, server: ReplayServer) -> None:
    context = trusting()
    context.options |= ssl.OP_NO_TICKET
    with Tunnel(server.url, tls=True) as secured:
        with client(kind, secured, verify=context) as dify:
            for _ in range(3):
                dify.run_workflow({})
        assert secured.resumed == [False, False, False]


@both
def test_a_session_stays_with_its_context(kind: Kind, server: ReplayServer) -> None:
    """A certificate that one client trusts is checked anew by another."""
    with Tunnel(server.url, tls=True) as secured:
        with client(kind, secured, verify=trusting()) as dify:
            dify.run_workflow({})
        with (
            client(kind, secured, max_retries=0) as dify,
            pytest.raises(ConnectionFailed, match="certificate is refused"),
        ):
            dify.run_workflow({})
