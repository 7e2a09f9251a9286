"""Human input: runs that pause, and go on."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from dify_workflow import FormClosed
from dify_workflow.versions import HUMAN_INPUT
from facade import Kind, both

from .sample_inputs import Unfillable, reply_to
from .session import Live

ENDED = {"succeeded", "partial-succeeded", "failed", "stopped"}
MOST = 20  # pauses that are answered


def answers(form: Any) -> Any:
    """Answer a form; skip the check when that cannot be done."""
    if form.token is None:
        pytest.skip("the form of DIFY_API_KEY_PAUSE is not delivered by WebApp: nobody can answer")
    try:
        return reply_to(form)
    except Unfillable as problem:
        pytest.skip(str(problem))


@both
def test_forms_by_hand(live: Live, kind: Kind) -> None:
    live.needs(HUMAN_INPUT)
    with live.connect(kind, "PAUSE") as dify:
        stream = dify.run_workflow_stream(live.inputs("PAUSE"))
        items, response = live.read(stream), stream.result()
        assert (items[-1].event, response.status) == ("workflow_paused", "paused")
        assert response.forms
        for _ in range(MOST):
            for form in response.forms:
                action, inputs = answers(form)
                fetched = dify.form(form.token)
                assert [known.id for known in fetched.actions] == [a.id for a in form.actions]
                dify.submit_form(form, action=action, inputs=inputs)
                with pytest.raises(FormClosed):
                    dify.submit_form(form, action=action, inputs=inputs)
            stream = dify.resume(response)
            items += live.read(stream)
            response = stream.result()
            if response.status != "paused":
                break
        assert response.status in ENDED
        assert dify.info(response.id).status == response.status
    finished = Counter(item.raw["data"]["id"] for item in items if item.event == "node_finished")
    assert set(finished.values()) == {1}, "a node was delivered twice"


@both
def test_forms_by_a_callback(live: Live, kind: Kind) -> None:
    live.needs(HUMAN_INPUT)
    asked = []

    def callback(form: Any) -> Any:
        asked.append(form)
        return answers(form) if len(asked) <= MOST else None

    with live.connect(kind, "PAUSE") as dify:
        response = dify.run_workflow(live.inputs("PAUSE"), on_human_input=callback)
    assert asked
    assert response.status in ENDED
