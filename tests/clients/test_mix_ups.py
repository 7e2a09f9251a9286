"""What is easily mixed up is answered with what was meant."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from collections.abc import AsyncIterable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    ConnectionFailed,
    DifyWorkflow,
    InvalidArgument,
    NotFound,
    StreamClosed,
    WorkflowRunResponse,
)
from dify_workflow.batch import BatchOptions, iter_many
from facade import Kind, both, client
from fake_dify import Answer, FakeDify

NO_RUN = r"the id \(a UUID\) of a run of this app, not a task's, not a log entry's"


def options(fake: FakeDify) -> dict[str, Any]:
    return {"base_url": fake.url, "api_key": fake.api_key}


@both
def test_what_is_no_id_of_a_run_is_told(kind: Kind, fake_dify: FakeDify) -> None:
    """Dify answers an id that is no UUID with 500, which is asked again otherwise."""
    with client(kind, fake_dify) as dify:
        run = dify.run_workflow({"text": "a"})
        (entry,) = dify.logs()
        assert entry.run_id == run.id != entry.id
        assert dify.info(entry.run_id).id == run.id
        for call in (dify.info, lambda id_: dify.attach(id_).result()):
            fake_dify.requests.clear()
            with pytest.raises(NotFound, match=NO_RUN):
                call("abc")
            for id_, told in ((None, "not a NoneType"), ("http://h/run/1", "an address")):
                with pytest.raises(InvalidArgument, match=told):
                    call(id_)
            assert len(fake_dify.requests) == 1
        for other in (entry.id, run.task_id):
            with pytest.raises(NotFound, match=NO_RUN):
                dify.info(other)


@both
def test_a_result_is_no_list_and_no_id(kind: Kind, fake_dify: FakeDify) -> None:
    with client(kind, fake_dify) as dify:
        stream = dify.run_workflow_stream({"text": "a"})
        with pytest.raises(StreamClosed, match=r"not read yet; result\(\) waits for it"):
            stream.outputs  # noqa: B018
        run: Any = stream.result()
        assert "outputs" in run
        assert "output" not in run
        with pytest.raises(TypeError, match=r"has no item 0; it has id, .*outputs"):
            list(run)
        with pytest.raises(InvalidArgument, match="not a WorkflowRunResponse; give its id"):
            dify.info(run)
        with pytest.raises(InvalidArgument, match="run: a paused run's response, its stream, or"):
            dify.resume(3)


@both
def test_a_token_that_no_form_has(kind: Kind, fake_dify: FakeDify) -> None:
    told = r"^404 not_found: Form not found \(.*There is no form with this token"
    with client(kind, fake_dify) as dify:
        for call in (dify.form, lambda token: dify.submit_form(token, "approve")):
            with pytest.raises(NotFound, match=told):
                call("nope")


@both
def test_a_server_that_fails_is_asked_again_for_a_run(kind: Kind, fake_dify: FakeDify) -> None:
    with client(kind, fake_dify) as dify:
        run = dify.run_workflow({"text": "a"})
        body = {"code": "unknown", "message": "Internal Server Error", "status": 500}
        for route in ("events", "detail"):
            fake_dify.faults.add(Answer(on=route, status=500, body=body))
        assert dify.attach(run.id).result().status == "succeeded"


def test_a_batch_names_its_own_options_and_a_stream_cannot_be_pickled(fake_dify: FakeDify) -> None:
    wrong: Any = {"concurency": 3}
    with client("sync", fake_dify) as dify:
        with pytest.raises(InvalidArgument, match=r"^concurency: .* did you mean concurrency\?"):
            iter_many(dify, [{}], **wrong)
        with pytest.raises(InvalidArgument, match=r"^patience: .* timedelta"):
            iter_many(dify, [{}], patience=timedelta(-1))
        given: BatchOptions = {"patience": timedelta(1), "lookup_seconds": timedelta(1)}
        assert [row.status for row in iter_many(dify, [{}], **given)] == ["succeeded"]
        told = r"keep its `id` and `user`, and attach\(\)"
        with dify.start({}) as run, pytest.raises(TypeError, match=told):
            pickle.dumps(run)


@both
@pytest.mark.parametrize("value", ["3", -1, float("nan"), True])
def test_a_wait_is_a_number_of_seconds(kind: Kind, value: Any, fake_dify: FakeDify) -> None:
    with client(kind, fake_dify) as dify:
        run = dify.start({"text": "a"})
        with pytest.raises(InvalidArgument, match=r"^timeout: a number of seconds"):
            run.result(value)
        with pytest.raises(InvalidArgument, match=r"^wait: a number of seconds"):
            run.stop(wait=value)
        assert run.result(timedelta(minutes=1)).status == "succeeded"
    assert not any(request.path.endswith("/stop") for request in fake_dify.requests)


@both
def test_what_cannot_be_reached_is_told_without_the_frames_of_httpx(kind: Kind) -> None:
    """What is told: tests/runs/test_no_answer.py."""
    with FakeDify() as gone:
        pass
    with client(kind, gone, max_retries=0) as dify, pytest.raises(ConnectionFailed) as caught:
        dify.run_workflow({})
    assert "/httpx/" not in "".join(traceback.format_exception(caught.value))


def test_with_and_async_with_say_which_class_is_meant(fake_dify: FakeDify) -> None:
    """A stream too, and `for`; what Python says by itself elsewhere needs no more."""

    class Mine(DifyWorkflow):
        pass

    async def wrong(dify: Any) -> None:
        async with dify:
            pass

    dify, dify_async = Mine(**options(fake_dify)), AsyncDifyWorkflow(**options(fake_dify))
    for each in (dify, dify.run_workflow_stream({})):
        with pytest.raises(TypeError, match=r"is for `with`, Async.* for `async with`"):
            asyncio.run(wrong(each))
    stream = dify_async.run_workflow_stream({})
    other: Any
    for other in (dify_async, stream):
        with pytest.raises(TypeError, match=r"^Async.* is for `async with`, .* for `with`"):
            ExitStack().enter_context(other)
    with pytest.raises(TypeError, match=r"^Async.* is for `async for`, WorkflowStream for `for`"):
        iter(stream)  # type: ignore[call-overload]
    assert not isinstance(dify.run_workflow_stream({}), AsyncIterable)  # as frameworks ask


def test_an_async_run_is_entered_as_it_is_awaited(fake_dify: FakeDify) -> None:
    async def main() -> list[WorkflowRunResponse]:
        async with AsyncDifyWorkflow(**options(fake_dify)) as dify:
            async with dify.start({}) as entered:
                first = await entered.result()
            awaited = await dify.start({})
            task = await asyncio.create_task(dify.start({}))
            with pytest.warns(RuntimeWarning, match="start' was never awaited"):
                dify.start({})
            return [first, await awaited.result(), await task.result()]

    assert [run.status for run in asyncio.run(main())] == ["succeeded"] * 3
    assert len(fake_dify.requests) == 3
