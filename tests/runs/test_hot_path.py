"""What reading a stream fast must not cost: bytes, event loops, ends."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from dify_workflow import AsyncDifyWorkflow
from dify_workflow._clients._async.io import AsyncRouter
from dify_workflow._runs.replay import SeenEvents
from dify_workflow._transport.pools import TransportSettings
from facade import Kind, answered, both
from h1_streams.asyncio_streams import connect_tcp
from replay_server import ReplayServer, Reply
from slow_runs import RUN
from tunnel import Tunnel, serving, trusting

LONG = 300_000  # bytes; more than is read at a time


def test_an_answer_over_tls_is_read_whole_where_its_end_has_come_already() -> None:
    def answer(listener: socket.socket) -> None:
        plain, _ = listener.accept()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LONG)
        with serving().wrap_socket(plain, server_side=True) as secured:
            secured.recv(100)
            secured.sendall(b"x" * LONG)

    async def read(port: int) -> int:
        plain = await connect_tcp("127.0.0.1", port, 5.0)
        stream: Any = await plain.start_tls(trusting(), "127.0.0.1", 5.0)
        await stream.write(b"GET")
        sent.result()  # the event loop stands still: it will find all of it at once
        size = 0
        while data := await stream.read(65_536, 5.0):
            size += len(data)
        return size

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        sent = pool.submit(answer, listener)
        assert asyncio.run(read(listener.getsockname()[1])) == LONG


def test_no_timer_is_left_of_a_stream_over_tls_through_a_proxy() -> None:
    async def main(url: str, proxy: str) -> list[asyncio.TimerHandle]:
        async with AsyncDifyWorkflow(
            api_key="app-x", base_url=url, proxy=proxy, verify=trusting()
        ) as dify:
            await dify.run_workflow({})
            for _ in range(10):  # the ends of both layers are told one after the other
                await asyncio.sleep(0)
            timers: Any = asyncio.get_running_loop()
            return [timer for timer in timers._scheduled if "AsyncioStream" in repr(timer)]

    with (
        ReplayServer([Reply.of(RUN, hold_open=60)]) as server,
        Tunnel(server.url, tls=True) as secured,
        Tunnel(secured.url) as proxy,
    ):
        left = asyncio.run(main(secured.url, proxy.url))
    assert [timer for timer in left if not timer.cancelled()] == []


class Narrow:
    """An event loop that is not asyncio's own, as uvloop's: it connects without a race."""

    def __init__(self, inner: asyncio.AbstractEventLoop) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def create_connection(
        self, protocol: Any, host: str, port: int, *, local_addr: Any = None
    ) -> Any:
        return await self._inner.create_connection(protocol, host, port, local_addr=local_addr)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_stream_in_another_event_loop_than_those_of_asyncio(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(url: str) -> str:
        narrow = Narrow(asyncio.get_running_loop())
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: narrow)
        async with AsyncDifyWorkflow(api_key="app-x", base_url=url) as dify:
            return (await dify.run_workflow({})).status

    with ReplayServer([Reply.of(RUN)]) as server:
        assert asyncio.run(main(server.url.replace("127.0.0.1", host))) == "succeeded"


def test_two_threads_may_forget_a_closed_event_loop_together() -> None:
    router = AsyncRouter(TransportSettings())

    class Closed:
        """An event loop that another thread forgets while this one looks at it."""

        def is_closed(self) -> bool:
            del router._loops[self]
            return True

    router._loops[Closed()] = None  # type: ignore[assignment]
    asyncio.run(router._here())
    assert len(router._loops) == 1


@pytest.mark.long
@both
def test_runs_leave_no_circle_to_the_garbage_collector(kind: Kind) -> None:
    ours = ("dify_workflow", "h1_streams", "httpx", "httpcore")
    with answered(kind, Reply.of(RUN)) as (_, dify):
        dify.run_workflow({})
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            for _ in range(100):
                dify.run_workflow({})
            gc.collect()
            left = Counter(type(one) for one in gc.garbage if type(one).__module__.startswith(ours))
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    # What a thread of an earlier test left may be among it, but not once for each run.
    assert [kind for kind, count in left.items() if count >= 100] == []


def test_the_texts_of_variables_are_told_apart_whatever_their_names_hold() -> None:
    texts = [(["a.b", "c"], "one"), (["a", "b.c"], "two"), (["a", "b", "c"], "three")]
    delivered = SeenEvents()

    def is_new(selector: list[str], text: str) -> bool:
        data = {"from_variable_selector": selector, "text": text}
        return delivered.is_new("text_chunk", data, replaying=True)

    assert all(is_new(selector, text) for selector, text in texts)
    delivered.next_segment()
    assert not any(is_new(selector, text) for selector, text in reversed(texts))
