"""What clients share, keep and give back: pools, threads, event loops, processes, copies."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest
from dify_workflow import AsyncDifyWorkflow, DeadlineExceeded, DifyError, DifyWorkflow
from dify_workflow._clients._sync.io import Router
from dify_workflow._transport.pools import OwnClient, TransportSettings
from facade import API_KEY, Kind, answered, both, client
from places import TLS
from replay_server import ReplayServer, Reply, Request
from slow_runs import FOREVER, RUN, RUN_ID
from wire_archive import exchange

DETAIL = exchange("1.14.2", "detail/empty")


def run_named(request: Request) -> Reply:
    """Start the run that is named by the inputs; answer for the run or stop that is named."""
    if request.method == "GET":
        found = DETAIL.json() | {"id": request.path.rpartition("/")[2]}
        return Reply.json(200, found)
    name = str(request.json()["inputs"]["name"])
    frames = [frame.replace(RUN_ID.encode(), name.encode()) for frame in RUN.frames()]
    return Reply.stream(*frames)


def test_one_client_in_32_threads() -> None:
    together = threading.Barrier(32)

    def handler(request: Request) -> Reply:
        if request.method == "POST":
            together.wait(60)  # all runs are under way at once
        return run_named(request)

    def work(name: str) -> tuple[str, list[str], str]:
        mine = dify.with_options(user=name)
        events = list(mine.run_workflow_stream({"name": name}))
        result = mine.run_workflow({"name": name}).id
        return result, [event.id for event in events], dify.info(name).id

    with ReplayServer(handler) as server:
        with client("sync", server) as dify, ThreadPoolExecutor(32) as pool:
            names = [f"run-{number}" for number in range(32)]
            for name, (result, ids, detail) in zip(names, pool.map(work, names), strict=True):
                assert (result, set(ids), detail) == (name, {name}, name)
                assert len(ids) == len(RUN.events())
        posted = [request for request in server.requests if request.method == "POST"]
        assert {(r.json()["user"], r.json()["inputs"]["name"]) for r in posted} == {
            (name, name) for name in names
        }


def test_threads_that_begin_together_make_one_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    first_use = threading.Barrier(8)
    slow = threading.Event()

    class Client(OwnClient):
        def __init__(self, **options: Any) -> None:
            made.append(self)
            slow.wait(0.02)  # as long as others need to get here
            super().__init__(**options)

    def work(_: int) -> str:
        first_use.wait(10)
        status: str = dify.info("x").status
        return status

    monkeypatch.setattr("dify_workflow._clients._sync.driver.OwnClient", Client)
    with ReplayServer([Reply.of(DETAIL)]) as server:
        with client("sync", server) as dify, ThreadPoolExecutor(8) as pool:
            assert set(pool.map(work, range(8))) == {"succeeded"}
        assert len(made) == 1
        server.wait_closed()


def test_100_async_streams_at_once() -> None:
    together = threading.Barrier(100)

    def handler(request: Request) -> Reply:
        together.wait(60)
        return run_named(request)

    async def main() -> None:
        async with AsyncDifyWorkflow(
            api_key=API_KEY, base_url=server.url, limits=httpx.Limits(max_connections=1)
        ) as dify:

            async def work(name: str) -> list[str | None]:
                return [event.id async for event in dify.run_workflow_stream({"name": name})]

            names = [f"run-{number}" for number in range(100)]
            for name, ids in zip(names, await asyncio.gather(*map(work, names)), strict=True):
                assert ids == [name] * len(RUN.events())
        await asyncio.to_thread(server.wait_closed)

    with ReplayServer(handler) as server:
        asyncio.run(main())
        assert server.connections == 100


def test_one_async_client_in_several_event_loops() -> None:
    async def use() -> None:
        assert (await dify.run_workflow({"name": "a"})).id == "a"
        assert [event.id async for event in dify.run_workflow_stream({"name": "b"})][-1] == "b"
        answers = await asyncio.gather(*[dify.info(name) for name in "cd"])
        assert [answer.id for answer in answers] == ["c", "d"]

    with ReplayServer(run_named) as server:
        dify = AsyncDifyWorkflow(api_key=API_KEY, base_url=server.url)
        for _ in range(3):  # one after the other
            asyncio.run(use())
            server.wait_closed()
        with ThreadPoolExecutor(3) as pool:  # and at once
            for done in [pool.submit(asyncio.run, use()) for _ in range(3)]:
                done.result(20)
        server.wait_closed()
        asyncio.run(dify.aclose())


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_connections_of_its_own() -> None:
    context = multiprocessing.get_context("fork")
    with ReplayServer(run_named) as server:
        with DifyWorkflow(api_key=API_KEY, base_url=server.url) as dify:
            assert dify.info("parent").id == "parent"
            results = context.Queue()
            child = context.Process(target=_child, args=(dify, results))
            child.start()
            assert results.get(timeout=20) == ["child", "run"]
            child.join(20)
            assert child.exitcode == 0
            assert dify.info("parent").id == "parent"
            results.close()
        used = [
            (request.path.rpartition("/")[2], request.connection) for request in server.requests
        ]
    assert used == [("parent", 1), ("child", 2), ("run", 3), ("parent", 1)]


def _child(dify: DifyWorkflow, results: Any) -> None:
    with dify:
        results.put([dify.info("child").id, dify.run_workflow({"name": "run"}).id])


@both
def test_1000_copies_share_one_pool(kind: Kind) -> None:
    with answered(kind, run_named) as (server, dify):
        copies = [dify.with_options(user=f"u{number}") for number in range(1000)]
        copies += [copies[-1].with_options(user="last")]
        for copy in copies[::50]:
            assert copy.info("a").id == "a"
            assert copy.run_workflow({"name": "a"}).id == "a"
        infos = [request.connection for request in server.requests if request.method == "GET"]
        assert infos == [1] * 21


def test_clients_of_https_share_one_tls_context() -> None:
    url = httpx.URL("https://dify.test")
    contexts = set()
    for _ in range(3):
        settings = Router(TransportSettings())._settings
        contexts |= {id(settings.arguments(url, own=own)["verify"]) for own in (True, False)}
    assert len(contexts) == 1


def test_a_client_has_the_certificates_that_there_were_when_it_was_first_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trusted(settings: TransportSettings) -> int:
        context = settings.arguments(httpx.URL("https://dify.test"), own=True)["verify"]
        return len(context.get_ca_certs())

    first, path, one = TransportSettings(), tmp_path / "ca.pem", TLS / "ca.pem"
    many = trusted(first)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    path.write_bytes(one.read_bytes())
    assert trusted(second := TransportSettings()) == 1  # the variable is another
    path.write_bytes(Path(certifi.where()).read_bytes())
    assert trusted(TransportSettings()) > 1  # the file is another
    assert (trusted(first), trusted(second)) == (many, 1)


@pytest.mark.long
def test_a_deadline_at_any_moment_of_connecting_leaves_no_socket() -> None:
    async def attempts(url: str) -> list[Exception]:
        ends: list[Exception] = []
        async with AsyncDifyWorkflow(api_key="app-x", base_url=url) as dify:
            for step in range(100):
                try:
                    await dify.attach("a-run", deadline=0.0005 + step % 25 * 0.0001).result()
                except DifyError as error:
                    ends.append(error)
        return ends

    with ReplayServer([Reply.raw(FOREVER)]) as server, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        ends = asyncio.run(attempts(server.url))
        gc.collect()
        server.wait_closed()
    assert [str(warning.message) for warning in seen] == []
    assert {type(error) for error in ends} == {DeadlineExceeded}
