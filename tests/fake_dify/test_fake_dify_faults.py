"""Each fault of FakeDify does what it says, as a client without any cleverness sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fake_dify import Answer, FakeDify, Fault, Gate, Node
from fake_dify_calls import Plain, asked, decode, names

NAMES = ["workflow_started", "node_started", "node_finished"]
EARLY, RESET, SILENT = httpx.RemoteProtocolError, httpx.ReadError, httpx.ReadTimeout


@pytest.fixture(autouse=True)
def workflow(dify: FakeDify) -> Iterator[None]:
    dify.workflow = [Node("a"), Node("b")]
    yield
    assert dify.faults.left == []


def run(dify: FakeDify, timeout: float = 60.0) -> tuple[bytes, Exception | None]:
    """Start a run; return the bytes that came and how the stream broke."""
    return fetch(dify, "POST", "/workflows/run", asked(), timeout)


def fetch(
    dify: FakeDify, method: str, path: str, body: Any = None, timeout: float = 60.0
) -> tuple[bytes, Exception | None]:
    received = b""
    try:
        with Plain(dify) as client:
            client.timeout = httpx.Timeout(timeout)
            with client.stream(method, path, json=body) as response:
                for chunk in response.iter_raw():
                    received += chunk
    except httpx.HTTPError as error:
        return received, error
    return received, None


BEGUN = b'data: {"event":"node_started"'
Broken = type[Exception] | None
ENDINGS: list[tuple[str, Broken]] = [("eof", None), ("close", EARLY), ("reset", RESET)]
STREAMS = [(then, after, error, b"") for then, error in ENDINGS for after in (0, 1, 3)]
STREAMS += [
    ("silence", 2, SILENT, b""),  # no pings
    ("cut inside event", 1, None, BEGUN),  # the body ends regularly
    ("truncate chunk", 1, EARLY, BEGUN),
    ("error event left open", 2, SILENT, b""),
]


@pytest.mark.parametrize(("then", "after", "error", "half"), STREAMS)
def test_a_stream_ends_after_so_many_events(
    dify: FakeDify, then: Any, after: int, error: Broken, half: bytes
) -> None:
    dify.faults.add(Fault(after_events=after, then=then))
    received, broken = run(dify, timeout=3.0 if error is SILENT else 60.0)
    whole, _, rest = received.rpartition(b"\n\n")
    more = ["error"] if then == "error event left open" else []
    assert names(decode(whole)) == [*NAMES[:after], *more]
    assert (whole[:11], whole.count(b"event: ping")) == (b"event: ping", 1)
    assert rest[: len(BEGUN)] == half
    assert type(broken) is (error or type(None))
    dify.wait_idle()
    assert [run.status for run in dify.runs] == ["succeeded"]


@pytest.mark.parametrize(("then", "broken"), [*ENDINGS, ("silence", SILENT)])
def test_nothing_comes_but_the_run_runs(dify: FakeDify, then: Any, broken: Broken) -> None:
    dify.faults.add(Fault(before_headers=True, then=then))
    received, error = run(dify, timeout=3.0 if broken is SILENT else 60.0)
    assert (received, type(error)) == (b"", broken or EARLY)
    dify.wait_idle()
    assert [run.status for run in dify.runs] == ["succeeded"]


@pytest.mark.parametrize("count", [0, 4, 13, 40, 500])
def test_a_stream_ends_after_so_many_bytes(dify: FakeDify, count: int) -> None:
    dify.faults.add(Fault(after_bytes=count, then="eof"))
    received, error = run(dify)
    assert (len(received), error) == (count, None)


@pytest.mark.parametrize(("count", "then"), [(0, "close"), (5, "close"), (20, "reset")])
def test_an_answer_ends_after_so_many_bytes(dify: FakeDify, count: int, then: Any) -> None:
    run(dify)
    dify.faults.add(Fault(on="detail", after_bytes=count, then=then))
    received, error = fetch(dify, "GET", f"/workflows/run/{dify.runs[0].id}")
    assert (len(received), error is None) == (count, False)


def test_the_terminal_event_is_lost_and_pings_go_on(dify: FakeDify) -> None:
    dify.workflow = [Node("held", gate=(gate := Gate()))]
    dify.faults.add(Fault(then="eof", after_events=1))
    dify.faults.add(Fault(on="events", then="lose terminal"))
    run(dify)
    dify.wait_for(lambda: bool(dify.runs))
    with Plain(dify) as client, client.following(dify.runs[0], snapshot=True) as response:
        chunks = response.iter_raw()
        received = next(chunks)
        gate.open()
        received += b"".join(chunks)
    assert names(decode(received))[-1] == "node_finished"
    assert received.endswith(b"event: ping\n\n" * 3)
    assert dify.runs[0].status == "succeeded"


def test_answers_in_place_of_the_server(dify: FakeDify) -> None:
    body = {"code": "too_many_requests", "message": "wait", "status": 429}
    dify.faults.add(Answer(status=429, body=body, headers={"Retry-After": "7"}))
    dify.faults.add(Answer(), times=2)
    with Plain(dify) as client:
        answers = [client.post("/workflows/run", json=asked("blocking")) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 502, 502, 200]
    assert (answers[0].headers["retry-after"], answers[0].json()) == ("7", body)
    assert answers[1].headers["content-type"] == "text/html"
    assert (len(dify.runs), dify.posts()) == (1, 4)


def test_an_answer_comes_late(dify: FakeDify) -> None:
    dify.faults.add(Fault(seconds=0.2))
    assert isinstance(run(dify, timeout=0.05)[1], SILENT)
    dify.wait_for(lambda: len(dify.runs) == 1)
    dify.wait_idle()


def test_faults_come_in_order_and_only_where_they_are_meant(dify: FakeDify) -> None:
    dify.faults.add(Answer(on="detail", status=500))
    dify.faults.add(Fault(on="run", then="pass"))
    dify.faults.add(Answer(on="*", status=504))
    dify.faults.add(Answer(on="listWorkflowLogs", status=503))
    assert names(decode(run(dify)[0]))[-1] == "workflow_finished"
    path = f"/workflows/run/{dify.runs[0].id}"
    assert b"502 Bad Gateway" in fetch(dify, "GET", path)[0]
    fetch(dify, "GET", path)
    fetch(dify, "GET", "/workflows/logs")
    assert [request.status for request in dify.requests] == [200, 500, 504, 503]


def test_a_fault_for_every_request(dify: FakeDify) -> None:
    dify.faults.add(Answer(on="*", status=500), times=None)
    for _ in range(3):
        run(dify)
    assert [request.status for request in dify.requests] == [500, 500, 500]
    dify.faults.clear()
