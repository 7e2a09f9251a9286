"""Whatever goes wrong with a request or a stream, its connection is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from dify_workflow import InvalidParam, ServerError, TooManyRequests, WorkflowRunRequest
from facade import Kind, both, client, close_given, given_client
from replay_server import ReplayServer, Reply, Request
from slow_runs import FOREVER, NODE_STARTED, PING, RUN, RUN_ID, STARTED, Odd, freed
from wire_archive import exchange

ROUNDS = 10
ONE = httpx.Limits(max_connections=1)
IN_TIME = httpx.Timeout(10.0, pool=2.0)  # a connection that is not given back is seen by `pool`
BLOCKING = WorkflowRunRequest(inputs={}, response_mode="blocking")
ERROR_EVENT = exchange("1.14.2", "errors/missing_required_streaming")

ANSWERS: dict[str, Reply] = {
    "429": Reply.json(429, {"code": "too_many_requests", "message": "x", "status": 429}),
    "500": Reply.json(500, {"code": "unknown", "message": "x", "status": 500}),
    "error event": Reply.of(ERROR_EVENT, hold_open=60),
    "left": Reply.stream(PING, STARTED, NODE_STARTED, FOREVER),
    "fine": Reply.of(RUN, hold_open=60),
}


class Server:
    """The handler: answers runs as it is told."""

    def __init__(self) -> None:
        self.mood = "fine"

    def __call__(self, request: Request) -> Reply:
        if request.method == "GET":
            detail = Reply.of(exchange("1.14.2", "detail/empty"))
            return detail if self.mood == "fine" else ANSWERS[self.mood]
        if self.mood == "fine" and request.json()["response_mode"] == "blocking":
            return Reply.of(exchange("1.14.2", "run/empty_blocking"))
        return ANSWERS[self.mood]


def _fails(call: Callable[[], Any], expected: type[Exception]) -> None:
    with pytest.raises(expected):
        call()


def _breaks(dify: Any) -> None:
    with dify.run_workflow_stream({}) as stream:
        for _ in stream:
            break


def _raises(dify: Any) -> None:
    with dify.run_workflow_stream({}) as stream:
        for _ in stream:
            raise Odd


def _is_cancelled(dify: Any) -> None:
    """Cancelled where there are tasks, else closed before its end and without a `with`."""
    if (runner := getattr(dify, "_runner", None)) is None:
        next(stream := dify.run_workflow_stream({}))
        stream.close()
        return

    async def main() -> None:
        started = asyncio.Event()

        async def read() -> None:
            async for _ in dify._inner.run_workflow_stream({}):
                started.set()

        task = asyncio.create_task(read())
        await started.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    runner.run(main())


# Each thing that goes wrong: the server's mood, and what the client does.
WRONG: list[tuple[str, Callable[[Any], None]]] = [
    ("429", lambda dify: _fails(lambda: dify.run_workflow({}), TooManyRequests)),
    ("429", lambda dify: _fails(lambda: dify.run_workflow(BLOCKING), TooManyRequests)),
    ("500", lambda dify: _fails(lambda: list(dify.run_workflow_stream({})), ServerError)),
    ("500", lambda dify: _fails(lambda: dify.info(RUN_ID), ServerError)),
    ("error event", lambda dify: _fails(lambda: dify.run_workflow({}), InvalidParam)),
    ("left", _breaks),
    ("left", lambda dify: _fails(lambda: _raises(dify), Odd)),
    ("left", _is_cancelled),
]


@contextmanager
def one_connection(kind: Kind, given: bool, url: str) -> Iterator[Any]:
    """Give a client of one connection: over our own transport, or over a client of the caller."""
    options: dict[str, Any] = {"timeout": IN_TIME, "max_retries": 0}
    options |= {"http_client": given_client(kind, limits=ONE)} if given else {"limits": ONE}
    with client(kind, url, **options) as dify:
        yield dify
        if given:
            close_given(options["http_client"], dify)


@pytest.mark.long
@pytest.mark.sample(2)
@both
@pytest.mark.parametrize("given", [False, True], ids=["our transport", "given client"])
def test_a_pool_of_one_connection_stays_usable(kind: Kind, given: bool) -> None:
    server_side = Server()
    with ReplayServer(server_side) as server:
        with one_connection(kind, given, server.url) as dify:
            for _ in range(ROUNDS):
                for server_side.mood, go_wrong in WRONG:
                    go_wrong(dify)
            server_side.mood = "fine"
            for _ in range(3):
                assert dify.run_workflow({}).status == "succeeded"
                assert dify.run_workflow(BLOCKING).status == "succeeded"
                assert dify.info(RUN_ID).status == "succeeded"
                assert len(list(dify.run_workflow_stream({}))) == len(RUN.events())
        assert freed(server, None)
    assert len(server.requests) == ROUNDS * len(WRONG) + 12
