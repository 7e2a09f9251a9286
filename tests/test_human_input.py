"""Human input: forms are read, checked and answered, and the run is followed on."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    ConnectionFailed,
    FormClosed,
    GatewayError,
    InvalidArgument,
    InvalidParam,
    NotFound,
    RouteNotFound,
    WorkflowFile,
)
from dify_workflow.testing import (
    FakeDify,
    Fault,
    FormInput,
    HumanInput,
    Node,
    Parallel,
)
from facade import Kind, both, client
from recorded_runs import request_of
from replay_server import ReplayServer, Reply, Reset
from wire_archive import Exchange, exchange

OK = Reply.json(200, {})
HTML = "<html><body>nginx</body></html>"


def recorded(case: str) -> Exchange:
    return exchange("1.14.2", f"human/{case}")


def names(events: Any) -> list[str]:
    return [event.event for event in events]


# What a paused run says of its forms.

STARTS = ["one_start", "ok_start", "two_start", "rich_start"]


def start(kind: Kind, item: Exchange, change: Callable[[Any], None] | None = None) -> Any:
    """The response of a recorded run that pauses."""
    reply = Reply.of(item)
    if change is not None:
        reasons = item.events()[-1]["data"]["reasons"]
        changed = copy.deepcopy(reasons[0])
        change(changed)
        last = copy.deepcopy(item.events()[-1])
        last["data"]["reasons"][0] = changed
        reply = Reply.stream(*item.frames()[:-1], b"data: %b\n\n" % json.dumps(last).encode())
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        return dify.run_workflow(request_of(item))


@both
@pytest.mark.parametrize("case", STARTS)
def test_the_forms_of_a_paused_run(kind: Kind, case: str) -> None:
    item = recorded(case)
    reason = item.events()[-1]["data"]["reasons"][0]
    response = start(kind, item)
    (form,) = response.forms
    assert (response.status, response.message, response.outputs) == ("paused", "", {})
    assert response.raise_for_status() is response
    assert (form.id, form.token) == (reason["form_id"], reason["form_token"])
    assert (form.node_id, form.node_title) == (reason["node_id"], reason["node_title"])
    assert (form.content, form.expires_at) == (reason["form_content"], reason["expiration_time"])
    assert [action.id for action in form.actions] == [a["id"] for a in reason["actions"]]
    assert [action.title for action in form.actions] == [a["title"] for a in reason["actions"]]
    assert [field.to_dict() for field in form.inputs] == [
        {**dict.fromkeys(field.to_dict()), **raw}
        for field, raw in zip(form.inputs, reason["inputs"], strict=True)
    ]


@both
def test_the_inputs_of_a_form_are_typed(kind: Kind) -> None:
    (form,) = start(kind, recorded("rich_start")).forms
    note, pick, att, atts = form.inputs
    assert [field.type_ for field in form.inputs] == ["paragraph", "select", "file", "file-list"]
    assert [field.output_variable_name for field in form.inputs] == ["note", "pick", "att", "atts"]
    assert note.default is None or isinstance(note.default.value, str)
    assert pick.option_source.value == ["red", "green"]
    assert att.allowed_file_types == ["document", "image"]
    assert att.number_limits is None
    assert atts.number_limits == 2
    assert atts.allowed_file_upload_methods == ["local_file", "remote_url"]


@both
def test_a_blocking_run_that_pauses_has_the_same_forms(kind: Kind) -> None:
    item = recorded("blocking_start")
    with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
        response = dify.run_workflow(request_of(item, response_mode="blocking"))
    (form,) = response.forms
    assert response.status == "paused"
    assert form.token == item.json()["data"]["reasons"][0]["form_token"]


@both
def test_the_defaults_are_constants_and_resolved_variables(kind: Kind) -> None:
    fields = [
        FormInput("fixed", default="looks good"),
        FormInput("filled", default_from="pre.text"),
        FormInput("empty"),
    ]
    with (
        FakeDify(workflow=[Node("pre", {"text": "from pre"}), HumanInput(inputs=fields)]) as server,
        client(kind, server.url, api_key=server.api_key) as dify,
    ):
        (form,) = dify.run_workflow({}).forms
        assert form.defaults == {"fixed": "looks good", "filled": "from pre"}
        assert dify.form(form.token).defaults == form.defaults


@both
@pytest.mark.parametrize("case", ["one_form_get", "rich_form_get", "two_form2_get"])
def test_a_form_by_its_token(kind: Kind, case: str) -> None:
    item = recorded(case)
    raw, token = item.json(), item.path.rpartition("/")[2]
    with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
        form = dify.form(token)
        assert server.requests[0].target == item.path
    assert (form.token, form.content) == (token, raw["form_content"])
    assert (form.expires_at, form.id, form.node_id) == (raw["expiration_time"], None, None)
    assert [action.to_dict() for action in form.actions] == raw["user_actions"]
    assert len(form.inputs) == len(raw["inputs"])


# Answering one.

ANSWER: dict[str, Any] = {"action": "approve", "inputs": {"comment": "你好 \u2028 fine"}}


@both
def test_a_form_is_submitted_by_itself_or_by_its_token(kind: Kind) -> None:
    (form,) = start(kind, recorded("one_start")).forms
    fetched = Reply.of(recorded("one_form_get"))
    with ReplayServer([OK]) as server, client(kind, server.url, user="ann") as dify:
        assert dify.submit_form(form, **ANSWER) is None
        assert dify.submit_form(form, user="bob", **ANSWER) is None
        by_form = server.requests
    with ReplayServer([fetched, OK]) as server, client(kind, server.url, user="ann") as dify:
        assert dify.submit_form(form.token, **ANSWER) is None
        read, by_token = server.requests
    assert (read.method, read.path) == ("GET", f"/v1/form/human_input/{form.token}")
    for request, user in zip([*by_form, by_token], ["ann", "bob", "ann"], strict=True):
        assert (request.method, request.path) == ("POST", f"/v1/form/human_input/{form.token}")
        assert request.json() == {**ANSWER, "user": user}


@both
def test_a_form_without_a_token_cannot_be_answered(kind: Kind) -> None:
    item = recorded("one_start")
    response = start(kind, item, lambda reason: reason.update(form_token=None))
    (form,) = response.forms
    assert (form.token, form.id) == (None, item.events()[-1]["data"]["reasons"][0]["form_id"])
    with ReplayServer([OK]) as server, client(kind, server.url) as dify:
        with pytest.raises(InvalidArgument, match="not delivered by WebApp") as caught:
            dify.submit_form(form, **ANSWER)
        assert (caught.value.field, server.requests) == ("form", [])


RICH: dict[str, Any] = {
    "note": "n",
    "pick": "red",
    "att": WorkflowFile.from_bytes(b"x", "h.txt"),
    "atts": [WorkflowFile.from_url("https://example.com/pic.png")],
}
IMAGE = WorkflowFile.from_bytes(b"x", "a.png")
PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"action": "no"}, ["action: 'no' is none of "]),
    ({"action": None}, ["action: None is none of "]),
    ({"note": 5}, ["inputs.note: text is needed"]),
    ({"note": None}, ["inputs.note: text is needed"]),
    ({"note": ["n"]}, ["inputs.note: text is needed"]),
    ({"note": IMAGE}, ["inputs.note: text is needed"]),
    ({"pick": "blue"}, ["inputs.pick: one of red, green"]),
    ({"pick": ["red"]}, ["inputs.pick: one of red, green"]),
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
    reply = Reply.of(recorded("rich_form_get"))
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        for change, problems in PROBLEMS:
            given = {"action": form.actions[0].id, **RICH, **change}
            given = {name: value for name, value in given.items() if value is not ...}
            action = given.pop("action")
            with pytest.raises(InvalidArgument) as caught:
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
        with client(kind, server.url, api_key="app-human-rich", user="ann") as dify:
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
MEANING: dict[int, type[APIError]] = {400: InvalidParam, 404: NotFound, 412: FormClosed}


@both
@pytest.mark.parametrize("case", REFUSED)
def test_what_the_server_refuses_is_typed(kind: Kind, case: str) -> None:
    item = recorded(case)
    (form,) = start(kind, recorded("one_start")).forms
    with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
        ask = partial(dify.submit_form, form, **ANSWER)
        if item.method == "GET":
            ask = partial(dify.form, item.path.rpartition("/")[2])
        with pytest.raises(MEANING[item.status]) as caught:
            ask()
        assert len(server.requests) == 1
    error = caught.value
    assert (error.status_code, error.code) == (item.status, item.json()["code"])
    assert error.message == item.json()["message"]
    assert not isinstance(error, RouteNotFound)


@both
def test_a_form_that_is_closed_says_how(kind: Kind) -> None:
    steps = [Parallel(HumanInput("a"), HumanInput("b"))]
    with (
        FakeDify(workflow=steps, eof_delay=0) as server,
        client(kind, server.url, api_key=server.api_key) as dify,
    ):
        submitted, expired = dify.run_workflow({}).forms
        dify.submit_form(submitted, **ANSWER)
        server.expire_form(expired.token)
        for form, code in ((submitted, "submitted"), (expired, "expired")):
            for ask in (
                partial(dify.form, form.token),
                partial(dify.submit_form, form, **ANSWER),
                partial(dify.submit_form, form.token, **ANSWER),
            ):
                with pytest.raises(FormClosed) as caught:
                    ask()
                assert caught.value.code == f"human_input_form_{code}"


# An answer that is lost on the way.

TAKEN, OPEN = Reply.of(recorded("one_form_get_after")), Reply.of(recorded("one_form_get"))
LOST = [
    ("reset, taken", Reply.raw(Reset()), TAKEN, None),
    ("gateway, taken", Reply.html(504, HTML), TAKEN, None),
    ("cut head, taken", Reply.raw(b"HTTP/1.1 200 OK\r\nContent-", Reset()), TAKEN, None),
    ("reset, not taken", Reply.raw(Reset()), OPEN, ConnectionFailed),
    ("gateway, not taken", Reply.html(502, HTML), OPEN, GatewayError),
    ("reset, unknown", Reply.raw(Reset()), Reply.json(404, {"code": "not_found"}), NotFound),
]


@both
@pytest.mark.parametrize("case", LOST, ids=lambda case: case[0])
def test_a_lost_answer_is_asked_for_and_nothing_is_submitted_twice(kind: Kind, case: Any) -> None:
    _, answer, state, expected = case
    (form,) = start(kind, recorded("one_start")).forms
    with ReplayServer([answer, state]) as server, client(kind, server.url) as dify:
        if expected is None:
            assert dify.submit_form(form, **ANSWER) is None
        else:
            with pytest.raises(expected):
                dify.submit_form(form, **ANSWER)
        assert [request.method for request in server.requests] == ["POST", "GET"]


@both
@pytest.mark.parametrize("then", ["reset", "close"])
def test_an_answer_that_the_server_took_counts_whatever_came_back(kind: Kind, then: Any) -> None:
    with FakeDify(eof_delay=0.0) as server:
        server.faults.add(Fault(on="submitHumanInputForm", before_headers=True, then=then))
        with client(kind, server.url, api_key="app-human") as dify:
            response = dify.run_workflow({"name": "Ann"})
            dify.submit_form(response.forms[0], **ANSWER)
            result = dify.resume(response).result()
        assert server.posts("submitHumanInputForm") == 1
    assert (result.status, result.outputs) == ("succeeded", ANSWER["inputs"])
