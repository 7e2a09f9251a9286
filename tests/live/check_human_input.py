"""Human input: runs that pause, and go on. Forms are answered one at a time."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from dify_workflow import FormClosed
from dify_workflow._api.versions import BY_NAME
from facade import Kind

from .sample_inputs import Unfillable, reply_to
from .session import Live

ENDED = {"succeeded", "partial-succeeded", "failed", "stopped"}
MOST = 20  # forms that are answered

each_app = pytest.mark.parametrize("app", ["PAUSE", "FORMS"])


def answers(form: Any) -> Any:
    """Answer a form; skip the check when that cannot be done."""
    if form.token is None:
        pytest.skip("the form is not delivered by WebApp: nobody can answer it")
    try:
        return reply_to(form)
    except Unfillable as problem:
        pytest.skip(str(problem))


def first_pause(app: str, response: Any) -> None:
    """Fail for a run that does not wait; skip the check where two forms are needed."""
    assert (response.status, bool(response.forms)) == ("paused", True)
    if app == "FORMS" and len(response.forms) < 2:
        pytest.skip("the first pause of DIFY_API_KEY_FORMS has one form only")


def answer_all(live: Live, dify: Any, response: Any) -> list[Any]:
    """Answer one form, follow the run to its next pause, answer the next; return the items."""
    items = []
    for _ in range(MOST):
        form = response.forms[0]
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
    assert live.info(dify, response.id).status == response.status
    return items


@each_app
def test_forms_by_hand(live: Live, kind: Kind, app: str) -> None:
    live.needs(BY_NAME["getHumanInputForm"])
    with live.connect(kind, app) as dify:
        stream = dify.run_workflow_stream(live.inputs(app))
        items, response = live.read(stream), stream.result()
        assert items[-1].event == "workflow_paused"
        first_pause(app, response)
        items += answer_all(live, dify, response)
    finished = Counter(item.raw["data"]["id"] for item in items if item.event == "node_finished")
    assert set(finished.values()) == {1}, "a node was delivered twice"


class Callback:
    """Answers each form, but for the first one where that is declined; no form is asked twice."""

    def __init__(self, *, declines: bool = False) -> None:
        self._declines = declines
        self.asked: list[str] = []

    def __call__(self, form: Any) -> Any:
        assert form.id not in self.asked, "a form was asked for twice"
        self.asked.append(form.id)
        declined = self._declines and len(self.asked) == 1
        return None if declined or len(self.asked) > MOST else answers(form)

    def drive(self, live: Live, dify: Any, app: str) -> None:
        """Run an app to its end."""
        response = dify.run_workflow(live.inputs(app), on_human_input=self)
        assert self.asked
        assert response.status in ENDED
        assert live.info(dify, response.id).status == response.status


@each_app
def test_forms_by_a_callback(live: Live, kind: Kind, app: str) -> None:
    live.needs(BY_NAME["getHumanInputForm"])
    with live.connect(kind, app) as dify:
        Callback().drive(live, dify, app)


@each_app
def test_a_declined_form_is_left(live: Live, kind: Kind, app: str) -> None:
    live.needs(BY_NAME["getHumanInputForm"])
    callback = Callback(declines=True)
    with live.connect(kind, app) as dify:
        response = dify.run_workflow(live.inputs(app), on_human_input=callback)
        assert response.status == "paused"
        assert [form.id for form in response.forms] == callback.asked[:1]
        if app == "FORMS" and len(callback.asked) < 2:
            pytest.skip("the first pause of DIFY_API_KEY_FORMS has one form only")
        answer_all(live, dify, response)
