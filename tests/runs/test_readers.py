"""Who reads a stream, and what the others are told; what a failed stop changes: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    AsyncWorkflowStream,
    DifyError,
    InvalidArgument,
    RunOutcomeUnknown,
    StreamClosed,
    WorkflowForm,
    WorkflowRunRequest,
)
from facade import Kind, both, client
from fake_dify import Answer, FakeDify, Gate, HumanInput, Node
from pauses import recorded_pauses


@pytest.fixture
def gate() -> Gate:
    """At which the run waits."""
    return Gate()


@pytest.fixture
def fake(gate: Gate) -> Iterator[FakeDify]:
    with FakeDify(workflow=[Node(gate=gate)], eof_delay=0.0) as server:
        yield server
        gate.open()


def test_a_second_thread_is_told_that_another_one_reads(fake: FakeDify, gate: Gate) -> None:
    with client("sync", fake) as dify, ThreadPoolExecutor(1) as pool:
        stream = dify.start({"text": "hello"})
        reading = pool.submit(stream.result)
        fake.wait_for(lambda: stream._reading.locked())
        with pytest.raises(DifyError, match="another thread"):
            stream.result()
        gate.open()
        assert reading.result().status == stream.result().status == "succeeded"


def test_a_second_task_is_told_that_another_one_reads(fake: FakeDify, gate: Gate) -> None:
    async def main() -> None:
        async with AsyncDifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify:
            stream = await dify.start({"text": "hello"})
            reader = asyncio.create_task(stream.result())
            await asyncio.sleep(0.05)
            with pytest.raises(DifyError, match="another task"):
                await stream.result()
            gate.open()
            assert (await reader).status == "succeeded"

    asyncio.run(main())


def test_iterating_on_after_a_cancellation_does_not_look_like_the_end(fake: FakeDify) -> None:
    async def read(stream: AsyncWorkflowStream) -> None:
        async for _ in stream:
            pass

    async def main() -> None:
        async with AsyncDifyWorkflow(base_url=fake.url, api_key=fake.api_key) as dify:
            stream = await dify.start({"text": "hello"})
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(read(stream), 0.2)
            with pytest.raises(StreamClosed, match="cancelled"):
                await read(stream)

    asyncio.run(main())


@both
def test_a_stop_that_failed_leaves_the_stop_on_exit(kind: Kind, fake: FakeDify) -> None:
    with client(kind, fake, stop_on_exit=True) as dify:
        with dify.run_workflow_stream({"text": "hello"}) as stream:
            with pytest.raises(InvalidArgument):
                stream.stop()  # its id is not known yet
            next(stream)
        assert fake.posts("stopWorkflowTask") == 1


@both
def test_a_run_key_that_the_caller_gave_adopts_nothing(kind: Kind, fake: FakeDify) -> None:
    with (
        recorded_pauses(),
        client(kind, fake, run_key_input="text") as dify,
        dify.start({"text": "order-1"}) as first,
    ):
        fake.faults.add(Answer(on="run", status=502))
        with pytest.raises(RunOutcomeUnknown) as caught:
            dify.run_workflow({"text": "order-1"})
        assert caught.value.run_id is None
        assert first.id == fake.runs[0].id


@both
def test_a_callback_answers_with_the_key_of_the_request(kind: Kind) -> None:
    def approve(form: WorkflowForm) -> tuple[str, dict[str, str]]:
        return form.actions[0].id, {field.output_variable_name: "yes" for field in form.inputs}

    with (
        FakeDify(workflow=[HumanInput()], eof_delay=0.0) as fake,
        client(kind, fake, api_key="app-of-another") as dify,
    ):
        request = WorkflowRunRequest(inputs={"text": "hello"}, api_key=fake.api_key)
        assert dify.run_workflow(request, on_human_input=approve).status == "succeeded"
