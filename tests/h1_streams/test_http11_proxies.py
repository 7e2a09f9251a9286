"""Ways through proxies: what they are told, and what it means when they refuse."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
import httpx
import pytest
from dify_workflow import ConnectionFailed, RequestTimedOut, WorkflowRunRequest
from facade import Kind, both, client
from h1_streams import state
from pauses import recorded_pauses
from raw_http import OK, Peer, RawServer, Way, answers, asked, ways
from tunnel import Tunnel, trusting

SECURE = "https://dify.test/v1/info"


@contextmanager
def proxy(said: bytes) -> Iterator[tuple[RawServer, str]]:
    """Give a proxy that answers any CONNECT so and closes, and its URL with a user in it."""

    def serve(peer: Peer) -> None:
        server.requests.append(peer.head())
        peer.send(said)

    with RawServer(serve) as server:
        yield server, server.url.replace("://", "://me:se%2Fcret@")


TOLD = b"Basic " + base64.b64encode(b"me:se/cret")
REFUSALS: dict[str, tuple[bytes, str]] = {
    "407": (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "^407 Proxy Authentication"),
    "502": (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno", "^502 Bad Gateway$"),
    "302": (b"HTTP/1.1 302 \r\nLocation: http://login.test\r\n\r\n", "^302"),
    "nothing": (b"", "does not answer"),
    "half a head": (b"HTTP/1.1 200 Conn", "does not answer"),
    "another protocol": (b"SSH-2.0-x\r\n\r\n", "does not answer"),
}


@ways
@pytest.mark.parametrize("said", [said for said, _ in REFUSALS.values()], ids=REFUSALS)
def test_a_refused_tunnel_is_an_error_of_the_proxy(way: Way, said: bytes) -> None:
    """Which is told what httpcore tells it."""
    with proxy(said) as (server, url):
        ours, _ = (
            asked(way, httpx.Request("POST", SECURE, content=b"x"), own=own, proxy=url)
            for own in (True, False)
        )
        assert ours == [httpx.ProxyError]
    told, expected = (sorted(sent.split(b"\r\n")) for sent in server.requests)
    assert told == expected
    assert told.count(b"Proxy-Authorization: " + TOLD) == 1


@both
@pytest.mark.parametrize(("said", "message"), REFUSALS.values(), ids=REFUSALS)
def test_a_run_behind_a_refused_tunnel_was_not_sent(kind: Kind, said: bytes, message: str) -> None:
    """So it is tried again, and never unknown whether it was started."""
    with proxy(said) as (server, url), recorded_pauses():
        with client(kind, "https://dify.test/v1", proxy=url, max_retries=1) as dify:
            for mode in ("streaming", "blocking"):
                with pytest.raises(ConnectionFailed) as caught:
                    dify.run_workflow(WorkflowRunRequest(inputs={}, response_mode=mode))
                cause = caught.value.__cause__
                assert isinstance(cause, httpx.ProxyError)
                with pytest.raises(httpx.ProxyError, match=message):
                    raise cause
                assert "cret" not in f"{caught.value} {cause} {cause.__cause__}"
        assert len(server.requests) == 4
        assert b"app-" not in b"".join(server.requests)


@both
def test_a_proxy_that_does_not_answer_in_time(kind: Kind) -> None:
    def serve(peer: Peer) -> None:
        peer.head()
        peer.gone()

    timeout = httpx.Timeout(4.0, connect=0.05)
    with RawServer(serve) as server:
        options = {"proxy": server.url, "timeout": timeout, "max_retries": 0}
        with client(kind, "https://dify.test/v1", **options) as dify:
            with pytest.raises(RequestTimedOut) as caught:
                dify.run_workflow({})
            assert isinstance(caught.value.__cause__, httpx.ConnectTimeout)


@ways
def test_a_forward_proxy_is_told_what_httpcore_tells_it(way: Way) -> None:
    address = "http://dify.test:8080/v1/x%20y?z=%2F#w"
    mine = {"proxy-authorization": "Bearer mine"}
    made = [httpx.Request("GET", "http://dify.test", headers=headers) for headers in (None, mine)]
    made = [httpx.Request("GET", address), *made]
    with RawServer(answers(OK)) as server:
        url = server.url.replace("://", "://me:se%2Fcret@")
        for own in (True, False):
            got = asked(way, made, own=own, proxy=url)
            assert [answer["body"] for answer in got] == [b"ok"] * 3
            assert server.connections == (2 if own else 4)
    sent = [sorted(one.split(b"\r\n")) for one in server.requests]
    assert sent[:3] == sent[3:]
    assert [TOLD in one for one in server.requests[:3]] == [True, True, False]
    assert b"GET http://dify.test:8080/v1/x%20y?z=%2F HTTP/1.1" in sent[0]


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Proxies of the tests' authority are trusted."""
    monkeypatch.setattr(httpcore, "default_ssl_context", trusting)
    state.proxy_context.cache_clear()
    yield
    state.proxy_context.cache_clear()


@contextmanager
def secure_proxy(target: str) -> Iterator[str]:
    """Give the URL of a proxy that is spoken to by TLS, and makes tunnels to a server of TLS."""
    with (
        Tunnel(target, tls=True) as front,
        Tunnel(front.url) as plain,
        Tunnel(plain.url, tls=True) as proxy,
    ):
        yield proxy.url


@ways
def test_tls_within_tls(way: Way, trusted: None) -> None:
    """Answers longer than what is read at a time come whole."""
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000
    with RawServer(answers(OK, long, OK)) as server, secure_proxy(server.url) as url:
        sent = httpx.Request("POST", "https://localhost/x", content=b"y" * 100_000)
        got = asked(way, [sent] * 3, proxy=url, verify=trusting())
        assert [answer["body"] for answer in got] == [b"ok", b"x" * 300_000, b"ok"]
        assert server.connections == 1


@ways
def test_a_server_within_tls_that_is_not_trusted(way: Way, trusted: None) -> None:
    with RawServer(answers(OK)) as server, secure_proxy(server.url) as url:
        sent = httpx.Request("GET", "https://localhost/x")
        other = ssl.create_default_context()
        assert asked(way, sent, proxy=url, verify=other) == [httpx.ConnectError]
    assert server.requests == []


@ways
def test_plain_http_through_a_proxy_of_tls(way: Way, trusted: None) -> None:
    with RawServer(answers(OK)) as server, Tunnel(server.url, tls=True) as front:
        sent = httpx.Request("GET", "http://dify.test/x")
        got = asked(way, [sent] * 2, proxy=front.url)
        assert ([answer["body"] for answer in got], server.connections) == ([b"ok", b"ok"], 1)
    assert server.requests[0].startswith(b"GET http://dify.test/x HTTP/1.1\r\n")


@ways
def test_a_proxy_of_tls_that_is_not_trusted(way: Way) -> None:
    with RawServer(answers(OK)) as server, Tunnel(server.url, tls=True) as front:
        for address in ("http://dify.test/x", "https://dify.test/x"):
            request = httpx.Request("GET", address)
            got = asked(way, request, proxy=front.url, verify=trusting())
            assert got == [httpx.ConnectError]
    assert server.requests == []
