"""The async client under trio: it streams, recovers and asks as under asyncio."""

from __future__ import annotations

import pytest
import trio
from dify_workflow import AsyncDifyWorkflow, InvalidArgument
from fake_dify import FakeDify, Fault
from tunnel import Tunnel, trusting


# Under trio, httpx and httpcore leave generators of their own to the garbage collector.
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_run_is_streamed_and_recovered(fake_dify: FakeDify) -> None:
    fake_dify.faults.add(Fault(on="run", after_events=3, then="reset"))
    names = []

    async def main() -> None:
        async with AsyncDifyWorkflow(base_url=fake_dify.url, api_key=fake_dify.api_key) as dify:
            stream = dify.run_workflow_stream({"text": "hello"})
            names.extend([item.event async for item in stream])
            assert (await stream.result()).outputs == {"text": "hello"}
            assert stream.recovered
            assert [entry.status for entry in await dify.logs()] == ["succeeded"]

    trio.run(main)
    assert names[0] == "workflow_started"
    assert names[-1] == "workflow_finished"
    assert fake_dify.posts() == 1


def test_runs_over_tls(fake_dify: FakeDify) -> None:
    """The second one goes on with the session of the first."""
    statuses: list[str | None] = []

    async def main() -> None:
        key = fake_dify.api_key
        async with AsyncDifyWorkflow(base_url=url, api_key=key, verify=trusting()) as dify:
            for _ in range(2):
                statuses.append((await dify.run_workflow({"text": "hello"})).status)

    with Tunnel(fake_dify.url, tls=True) as tunnel:
        url = tunnel.url
        trio.run(main)
    assert statuses == ["succeeded"] * 2
    assert tunnel.resumed == [False, True]


def test_reading_ahead_says_that_it_needs_asyncio(fake_dify: FakeDify) -> None:
    async def main() -> None:
        async with AsyncDifyWorkflow(base_url=fake_dify.url, api_key=fake_dify.api_key) as dify:
            with pytest.raises(InvalidArgument, match="asyncio"):
                await dify.run_workflow({"text": "hello"}, read_ahead=True)

    trio.run(main)
