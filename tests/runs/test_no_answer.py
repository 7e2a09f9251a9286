"""What is said where no answer came: where the request went, and what to look at."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import pytest
from dify_workflow import ConnectionFailed, DifyError, GatewayError
from facade import Kind, both, client
from raw_http import Peer, RawServer
from replay_server import Close, ReplayServer, Reply, Reset
from tunnel import serving


def no_tls(peer: Peer) -> None:
    peer._socket.recv(1000)
    peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def tls(peer: Peer) -> None:
    with suppress(OSError), serving().wrap_socket(peer._socket, server_side=True) as secure:
        secure.recv(1000)


def alert(peer: Peer) -> None:
    """As a server of TLS that is spoken to in plain text."""
    peer._socket.recv(1000)
    peer.send(b"\x15\x03\x01\x00\x02\x02\x46")


def asked(kind: Kind, base_url: str, **options: Any) -> DifyError:
    with client(kind, base_url, **options) as dify, pytest.raises(DifyError) as caught:
        dify.app_info()
    return caught.value


@both
@pytest.mark.parametrize(
    ("serve", "scheme", "hint"),
    [(no_tls, "https", "http://"), (tls, "https", "verify="), (alert, "http", "https://")],
)
def test_tls_that_cannot_change_is_not_tried_again(
    kind: Kind, serve: Any, scheme: str, hint: str
) -> None:
    with RawServer(serve) as server:
        url = f"{scheme}://127.0.0.1:{server.port}"
        error = asked(kind, f"{url}/v1", max_retries=0 if scheme == "http" else 3)
    assert type(error) is ConnectionFailed
    assert f"GET {url}: " in str(error)
    assert hint in str(error)
    assert server.connections == 1


@both
def test_where_nobody_is(kind: Kind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for host, hint in (("127.0.0.1", "no server listens"), ("host.invalid", "DNS")):
        error = asked(kind, f"http://{host}:{port}/v1", max_retries=0)
        assert f"GET http://{host}:{port}: " in str(error)
        assert hint in str(error)
        assert "base_url" in str(error)


@both
def test_a_connection_that_breaks_is_named(kind: Kind) -> None:
    cut = Reply.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Close())
    for reply in (Reply.raw(Reset()), Reply.raw(Close()), cut):
        with ReplayServer([reply]) as server:
            error = asked(kind, server.url, max_retries=0)
        assert f"GET {server.url}: " in str(error)
        assert str(error).endswith(("restarted", "limit?"))


@both
def test_a_proxy_is_named_where_it_may_be_the_cause(kind: Kind) -> None:
    denied = Reply.html(503, "denied")
    with ReplayServer([denied, denied, Reply.raw(Close())]) as proxy:
        plain = asked(kind, "http://dify.invalid/v1", proxy=proxy.url, max_retries=0)
        tunnel = asked(kind, "https://dify.invalid/v1", proxy=proxy.url, max_retries=0)
    gone = asked(kind, "http://dify.invalid/v1", proxy=proxy.url, max_retries=0)
    assert type(plain) is GatewayError
    for error in (plain, tunnel, gone):
        assert f"proxy at {proxy.url}" in str(error)
        assert "NO_PROXY" in str(error)
