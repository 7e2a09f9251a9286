"""Proxies, TLS and redirects, for streams and for plain requests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from dify_workflow import ConnectionFailed, RedirectRefused, RunOutcomeUnknown, WorkflowRunRequest
from dify_workflow._transport.pools import TransportSettings
from download_replies import gone_to
from facade import Kind, answered, both, client, close_given, given_client
from replay_server import ReplayServer, Reply, Request
from slow_runs import RUN, RUN_ID, STARTED, TASK_ID, SlowRuns, each_connections, each_state, freed
from tunnel import Tunnel, trusting
from wire_archive import exchange

BLOCKING = exchange("1.14.2", "run/empty_blocking")
DETAIL = exchange("1.14.2", "detail/empty")
BLOCKING_REQUEST = WorkflowRunRequest(inputs={}, response_mode="blocking")


def dify_server(request: Request) -> Reply:
    """Answer as a server would whose streams stay open after their end."""
    if request.method == "GET":
        return Reply.of(DETAIL)
    if request.path.endswith("/stop"):
        return Reply.json(200, {"result": "success"})
    if request.json()["response_mode"] == "blocking":
        return Reply.of(BLOCKING)
    return Reply.of(RUN, hold_open=60)


def use(dify: Any) -> None:
    """Make requests of every kind."""
    with dify.run_workflow_stream({}) as stream:
        assert next(stream).event == "workflow_started"
        assert stream._connection.resumable  # read by this package itself
        assert [event.event for event in stream][-1] == "workflow_finished"
    assert dify.run_workflow({}).status == "succeeded"
    assert dify.run_workflow(BLOCKING_REQUEST).status == "succeeded"
    assert dify.info("x").status == "succeeded"
    assert dify.stop_workflow_stream("x").result == "success"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing of proxies."""
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_PROXY".upper(), raising=False)
    return monkeypatch


NOBODY = "http://127.0.0.1:1"
# Whether a proxy is given, and what the environment says.
PROXIES: list[tuple[bool, dict[str, str]]] = [
    (True, {}),
    (True, {"HTTP_PROXY": NOBODY, "NO_PROXY": "*"}),
    *(
        (False, {name: f"{scheme}{{host}}", "NO_PROXY": "localhost,elsewhere.test"})
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY")
        for scheme in ("http://", "")
    ),
]


@both
@pytest.mark.parametrize(("given", "variables"), PROXIES, ids=str)
def test_requests_go_through_a_proxy(
    kind: Kind, environment: pytest.MonkeyPatch, given: bool, variables: dict[str, str]
) -> None:
    with ReplayServer(dify_server) as proxy:
        host = proxy.url.removeprefix("http://")
        for name, value in variables.items():
            environment.setenv(name, value.format(host=host))
        options = {"proxy": f"http://me:secret@{host}"} if given else {}
        with client(kind, "http://dify.test", **options) as dify:
            assert "secret" not in repr(dify)
            use(dify)
            dify.close()
            assert freed(proxy, dify)
        assert len(proxy.requests) == 5
        assert all(request.target.startswith("http://dify.test/v1/") for request in proxy.requests)
        told = {request.headers.get("proxy-authorization") for request in proxy.requests}
        assert told == {"Basic bWU6c2VjcmV0" if given else None}


@both
def test_no_server_is_told_of_a_zone(kind: Kind) -> None:
    """That of a link-local address is a matter of our system; some servers refuse it."""
    with ReplayServer(dify_server) as proxy:
        with client(kind, "http://[fe80::1%25eth0]:5001", proxy=proxy.url) as dify:
            use(dify)
        assert {request.headers["host"] for request in proxy.requests} == {"[fe80::1]:5001"}


# By a URL, what of NO_PROXY excludes it, and what does not; between bars.
EXCLUDED = {
    "http://127.0.0.1:5001": "127.0.0.1|127.0.0.0/8|10.0.0.0/8, 127.0.0.1:5001|0.0.0.0/0"
    "|all://127.0.0.1|http://127.0.0.1|http://127.0.0.1:5001|x.test 127.0.0.1",
    "https://127.0.0.1": "127.0.0.1:443|https://127.0.0.1|127.1.2.3/8",
    "http://[::1]:5001": "::1|[::1]|[::1]:5001|::/0|::1/128|0:0:0:0:0:0:0:1",
    "http://[fe80::2]": "fe80::/10|[FE80::2]:80",
    "http://[fe80::2%eth0]": "fe80::/10|[fe80::2%eth0]:80|fe80::2",
    "http://dify.example.com": "example.com|.example.com|*.example.com|*example.com"
    "|DIFY.example.com|dify.example.com:80|com|*|a,*|all://example.com",
    "http://example.com:8080": "example.com|.example.com|example.com:8080",
    "http://localhost": "localhost|localhost,127.0.0.1",
}
PROXIED = {
    "http://127.0.0.1:5001": "|,|127.0.0.1:5002|128.0.0.0/8|https://127.0.0.1|::/0|localhost"
    "|127.0.0.1/33",
    "http://[::1]:5001": "[::1]:5002|fe80::/10|::2|0.0.0.0/0",
    "http://dify.example.com": "fy.example.com|dify.example.com:8080|x.dify.example.com"
    "|example.org|dify|.|10.0.0.0/8",
}


@pytest.mark.parametrize(
    ("url", "no_proxy", "excluded"),
    [
        (url, entry, table is EXCLUDED)
        for table in (EXCLUDED, PROXIED)
        for url, entries in table.items()
        for entry in entries.split("|")
    ],
)
def test_what_no_proxy_excludes(
    url: str, no_proxy: str, excluded: bool, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("ALL_PROXY", NOBODY)
    environment.setenv("NO_PROXY", no_proxy)
    settings = TransportSettings(False, None, None)
    assert (settings.arguments(httpx.URL(url), own=True)["proxy"] is None) == excluded


@both
def test_tls_needs_an_authority_that_is_trusted(
    kind: Kind, environment: pytest.MonkeyPatch
) -> None:
    with ReplayServer(dify_server) as server, Tunnel(server.url, tls=True) as front:
        with client(kind, front, max_retries=0) as dify:
            for request in (WorkflowRunRequest(inputs={}), BLOCKING_REQUEST):
                with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"):
                    dify.run_workflow(request)
        assert server.requests == []
        for verify in (trusting(), False):
            with client(kind, front, verify=verify) as dify:
                use(dify)
                dify.close()
                assert freed(server, dify)
        assert len(server.requests) == 10
        assert set(front.protocols) == {"http/1.1"}  # though it offers HTTP/2 first


@each_connections
@each_state
def test_closing_from_another_thread_over_tls(state: str, connections: str) -> None:
    runs = SlowRuns(state)
    with (
        ReplayServer(runs) as server,
        Tunnel(server.url, tls=True) as front,
        client("sync", front, verify=trusting(), connections=connections) as dify,
        ThreadPoolExecutor(1) as pool,
    ):
        stream = dify.run_workflow_stream({})
        reading = pool.submit(list, stream)
        runs.wait(server)
        stream.close()
        assert len(reading.result(10)) <= 2
        dify.close()
        assert freed(server, dify)


@both
@pytest.mark.parametrize("from_environment", [False, True])
def test_tls_through_a_proxy(
    kind: Kind, environment: pytest.MonkeyPatch, from_environment: bool
) -> None:
    with (
        ReplayServer(dify_server) as server,
        Tunnel(server.url, tls=True) as front,
        Tunnel(front.url) as proxy,
    ):
        options: dict[str, Any] = {"verify": trusting()}
        url = proxy.url.replace("://", "://me:se%2Fcret@")
        if from_environment:
            environment.setenv("HTTPS_PROXY", url)
        else:
            options["proxy"] = url
        with client(kind, "https://localhost:1", **options) as dify:
            use(dify)
            dify.close()
            assert freed(server, dify)
        assert {told.splitlines()[0] for told in proxy.heads} == {b"CONNECT localhost:1 HTTP/1.1"}
        assert all(b"Basic bWU6c2UvY3JldA==" in told for told in proxy.heads)
        assert not any("proxy-authorization" in request.headers for request in server.requests)
        assert len(server.requests) == 5


CALLS: list[Callable[[Any], Any]] = [
    lambda dify: list(dify.run_workflow_stream({})),
    lambda dify: dify.run_workflow({}),
    lambda dify: dify.run_workflow(BLOCKING_REQUEST),
    lambda dify: dify.info("x"),
    lambda dify: dify.stop_workflow_stream("x"),
    lambda dify: dify.logs(),
]


@both
def test_redirects_are_refused_with_their_target(kind: Kind) -> None:
    target = "https://dify.example/v1/workflows/run"
    with answered(kind, gone_to(target)) as (server, dify):
        for call in CALLS:
            with pytest.raises(RedirectRefused, match=target):
                call(dify)
        assert len(server.requests) == len(CALLS)


@both
def test_a_redirect_while_a_run_is_followed_again_is_not_followed(kind: Kind) -> None:
    """A login page before the server, say: the run is known, and is told."""
    login = gone_to("https://login.example/")
    with answered(kind, Reply.stream(STARTED), login) as (_, dify):
        with pytest.raises(RunOutcomeUnknown, match=RUN_ID) as caught:
            dify.run_workflow({})
        assert (caught.value.run_id, caught.value.task_id) == (RUN_ID, TASK_ID)
        assert isinstance(caught.value.__cause__, RedirectRefused)


@both
def test_a_redirect_to_no_address_is_an_answer_that_was_lost(kind: Kind) -> None:
    """A client of httpx raises for it, though the request was sent: a run may have been started."""
    http = given_client(kind)
    with answered(kind, gone_to("http://xn--a/"), http_client=http) as (_, dify):
        with pytest.raises(RunOutcomeUnknown):
            dify.run_workflow(BLOCKING_REQUEST)
        close_given(http, dify)
