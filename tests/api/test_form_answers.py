"""Answers to a form: checked before they are sent, refused, or lost on the way."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from dify_workflow import WorkflowFile, errors
from facade import Kind, answered, both, client
from fake_dify import FakeDify
from paused_runs import ANSWER, recorded, start
from replay_server import Close, Reply, Reset

RICH: dict[str, Any] = {
    "note": "n",
    "pick": "red",
    "att": WorkflowFile.from_bytes(b"x", "h.txt"),
    "atts": [WorkflowFile.from_url("https://example.com/pic.png")],
}
IMAGE = WorkflowFile.from_bytes(b"x", "a.png")
PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    *(({"action": value}, [f"action: {value!r} is none of "]) for value in ("no", None)),
    *(({"note": value}, ["inputs.note: text is needed"]) for value in (5, None, ["n"], IMAGE)),
    *(({"pick": value}, ["inputs.pick: one of red, green"]) for value in ("blue", ["red"])),
    ({"att": "x"}, ["inputs.att: a WorkflowFile is needed, not str"]),
    ({"att": [IMAGE]}, ["inputs.att: a WorkflowFile is needed, not list"]),
    ({"att": WorkflowFile.from_bytes(b"", "a.mp3")}, ["inputs.att: a file of the type audio"]),
    ({"atts": IMAGE}, ["inputs.atts: a list of files is needed"]),
    ({"atts": [IMAGE] * 3}, ["inputs.atts: at most 2 files"]),
    ({"atts": [IMAGE, 5]}, ["inputs.atts: a WorkflowFile is needed, not int"]),
    ({"extra": 1}, ["inputs.extra: the form has no such input"]),
    (
        {"note": ..., "pick": ..., "att": ..., "atts": ...},
        [f"inputs.{name}: required" for name in RICH],
    ),
    (
        {"action": "no", "note": 5, "pick": "blue", "att": ..., "extra": 1},
        ["action: ", "inputs.extra: ", "inputs.note: ", "inputs.pick: ", "inputs.att: required"],
    ),
]


@both
@pytest.mark.parametrize("by_token", [False, True])
def test_what_does_not_fit_is_not_sent_and_all_is_said_at_once(kind: Kind, by_token: bool) -> None:
    (form,) = start(kind, recorded("rich_start")).forms
    with answered(kind, recorded("rich_form_get")) as (server, dify):
        for change, problems in PROBLEMS:
            given = {"action": form.actions[0].id, **RICH, **change}
            given = {name: value for name, value in given.items() if value is not ...}
            action = given.pop("action")
            with pytest.raises(errors.InvalidArgument) as caught:
                dify.submit_form(form.token if by_token else form, action=action, inputs=given)
            said = str(caught.value).split("; ")
            assert len(said) == len(problems), said
            assert all(a.startswith(b) for a, b in zip(said, problems, strict=True)), said
            assert caught.value.field == said[0].partition(":")[0]
        assert {request.method for request in server.requests} <= {"GET"}
        assert len(server.requests) == (len(PROBLEMS) if by_token else 0)


@both
def test_the_files_of_an_answer_are_uploaded(kind: Kind) -> None:
    with FakeDify(eof_delay=0.0) as server:
        with client(kind, server, api_key="app-human-rich", user="ann") as dify:
            response = dify.run_workflow({})
            dify.submit_form(response.forms[0], action="approve", inputs=RICH)
            result = dify.resume(response).result()
        assert server.posts("uploadFile") == 1
        assert {log.body["user"] for log in server.requests if log.method == "POST"} == {"ann"}
    assert result.status == "succeeded"
    assert (result.outputs["note"], result.outputs["pick"]) == ("n", "red")
    assert result.outputs["att"]["filename"] == "h.txt"
    assert [file["url"] for file in result.outputs["atts"]] == ["https://example.com/pic.png"]


REFUSED = [
    *("one_form_get_after", "one_resubmit", "one_submit_bad_action", "one_submit_missing_input"),
    *("one_submit_no_action", "one_submit_no_inputs", "one_submit_no_user", "rich_bad_file"),
    *("one_submit_ok", "one_submit_other_app", "rich_bad_select", "rich_too_many"),
    *("form_get_unknown", "form_get_by_form_id", "submit_unknown_token", "one_form_get_other_app"),
]
MEANING: dict[int, type[errors.APIError]] = {
    400: errors.InvalidParam,
    404: errors.NotFound,
    412: errors.FormClosed,
}


@both
def test_what_the_server_refuses_is_typed(kind: Kind) -> None:
    (form,) = start(kind, recorded("one_start")).forms
    for item in map(recorded, REFUSED):
        with answered(kind, item) as (server, dify):
            ask = partial(dify.submit_form, form, **ANSWER)
            if item.method == "GET":
                ask = partial(dify.form, item.path.rpartition("/")[2])
            with pytest.raises(MEANING[item.status]) as caught:
                ask()
            assert len(server.requests) == 1
        error = caught.value
        assert (error.status_code, error.code) == (item.status, item.json()["code"])
        assert item.json()["message"].startswith(error.message)  # without the server's routes
        assert not isinstance(error, errors.RouteNotFound)


# An answer that is lost on the way: what POST and GET are answered with, and what comes out.
HTML = "<html><body>nginx</body></html>"
TAKEN, OPEN = (Reply.of(recorded(case)) for case in ("one_form_get_after", "one_form_get"))
LOST: dict[str, tuple[Reply, Reply, type[errors.APIError | errors.ConnectionFailed] | None]] = {
    "reset, taken": (Reply.raw(Reset()), TAKEN, None),
    "closed, taken": (Reply.raw(Close()), TAKEN, None),
    "gateway, taken": (Reply.html(504, HTML), TAKEN, None),
    "cut head, taken": (Reply.raw(b"HTTP/1.1 200 OK\r\nContent-", Reset()), TAKEN, None),
    "reset, not taken": (Reply.raw(Reset()), OPEN, errors.ConnectionFailed),
    "gateway, not taken": (Reply.html(502, HTML), OPEN, errors.GatewayError),
    "reset, unknown": (Reply.raw(Reset()), Reply.json(404, {"code": "not_found"}), errors.NotFound),
}


@both
@pytest.mark.parametrize("case", LOST)
def test_a_lost_answer_is_asked_for_and_nothing_is_submitted_twice(kind: Kind, case: str) -> None:
    answer, state, expected = LOST[case]
    (form,) = start(kind, recorded("one_start")).forms
    with answered(kind, answer, state) as (server, dify):
        if expected is None:
            assert dify.submit_form(form, **ANSWER) is None
        else:
            with pytest.raises(expected):
                dify.submit_form(form, **ANSWER)
        assert [request.method for request in server.requests] == ["POST", "GET"]
