"""Runs that fail, and requests that are refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from dify_workflow import (
    AuthenticationError,
    InvalidArgument,
    InvalidParam,
    NotFound,
    RequestTimedOut,
    WorkflowFailed,
    WorkflowFile,
    WorkflowRunRequest,
    WorkflowRunResponse,
)
from facade import Kind

from . import apps
from .check_files import inputs_with_a_file, with_files
from .sample_inputs import refused_by
from .session import Live, new_user

NO_KEY = "app-no-key-of-any-app"
UNKNOWN_WITHIN = 60  # s; before, an unknown run was waited for far longer


def test_failed_run(live: Live, kind: Kind) -> None:
    with live.connect(kind, "FAIL") as dify:
        stream = dify.run_workflow_stream(live.inputs("FAIL"))
        live.read(stream)
        response: WorkflowRunResponse = stream.result()
        assert response.status == "failed"
        with pytest.raises(WorkflowFailed) as raised:
            response.raise_for_status()
        assert raised.value.response is response
        info = live.info(dify, response.id)
        assert (info.status, info.message) == ("failed", response.message)


def test_wrong_key(dify: Any, live: Live) -> None:
    for call in (dify.app_info, lambda **key: dify.run_workflow(live.inputs(), **key)):
        with pytest.raises(AuthenticationError) as raised:
            call(api_key=NO_KEY)
        assert raised.value.status_code == 401
        assert NO_KEY not in f"{raised.value} {raised.value!r} {raised.value.body}"


def test_unknown_run(dify: Any) -> None:
    with pytest.raises(NotFound):
        dify.info(str(uuid.uuid4()))


def test_attach_to_an_unknown_run(live: Live, kind: Kind) -> None:
    with live.connect(kind, deadline=UNKNOWN_WITHIN) as dify:
        run = dify.attach(str(uuid.uuid4()))
        with pytest.raises(RequestTimedOut, match="was not found yet"):
            run.result(3)
        with pytest.raises(NotFound):
            run.result()


def refused(live: Live) -> tuple[str, dict[str, Any]]:
    """Return an app with inputs that its form refuses; skip the check if there is none."""
    live.needs_answers_to_refusals()
    for app in filter(apps.key, apps.APPS):
        if (inputs := refused_by(live.parameters(app))) is not None:
            return app, inputs
    return pytest.skip("no given app has an input that is required, or has a longest text")


def test_refused_inputs(live: Live, kind: Kind) -> None:
    """Dify 1.15 and later tell it as a run, which does not exist."""
    app, inputs = refused(live)
    with live.connect(kind, app, user=new_user()) as dify:
        stream, items = dify.run_workflow_stream(inputs), []
        blocking = WorkflowRunRequest(inputs=inputs, response_mode="blocking")
        for call in (
            lambda: items.extend(stream),
            lambda: dify.run_workflow(inputs),
            lambda: dify.start(inputs),
            lambda: dify.run_workflow(blocking),
        ):
            with pytest.raises(InvalidParam) as raised:
                call()
            assert raised.value.message
        assert (items, stream.id) == ([], None)
        assert not live.entries(dify, stream.user)


def test_refused_file(live: Live, kind: Kind) -> None:
    live.needs_answers_to_refusals()
    app, inputs = inputs_with_a_file(live)

    def unknown(file: WorkflowFile) -> WorkflowFile:
        return WorkflowFile.from_upload(str(uuid.uuid4()), type=file.type)

    inputs = with_files(inputs, unknown)
    with live.connect(kind, app, user=new_user()) as dify:
        stream, items = dify.run_workflow_stream(inputs), []
        with pytest.raises(InvalidParam):
            items.extend(stream)
        assert (items, stream.id) == ([], None)
        assert not live.entries(dify, stream.user)


def test_unknown_input(dify: Any, live: Live) -> None:
    inputs = {**live.inputs(), "no_such_input_of_any_app": 1}
    with pytest.raises(InvalidArgument, match="no_such_input"):
        dify.run_workflow(inputs, validate="strict")
