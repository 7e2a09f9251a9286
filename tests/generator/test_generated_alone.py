"""generated/ by itself: each operation in each of its forms, whatever is answered."""

from __future__ import annotations

import asyncio
import difflib
import importlib
import inspect
import io
import re
from email.parser import BytesParser
from pathlib import Path
from typing import Any, get_type_hints

import attrs
import dify_workflow_api.models as models
import httpx
import pytest
from dify_workflow_api import AuthenticatedClient, Client
from dify_workflow_api.errors import UnexpectedStatus
from dify_workflow_api.operations import OPERATIONS
from dify_workflow_api.types import File
from fake_dify import FakeDify, HumanInput
from recorded_models import MODELS, SPECIFIED, component, holds, model_of, operation_of
from wire_archive import VERSIONS, exchanges

from generator.document import ContractError
from generator.generate import templating

FORMS = ("sync", "sync_detailed", "asyncio", "asyncio_detailed")
KEY = "app-a-key-that-must-never-show"
PAGE = b"<html><h1>502 Bad Gateway</h1></html>"
each_operation = pytest.mark.parametrize("operation", OPERATIONS)
each_form = pytest.mark.parametrize("form", FORMS)


def arguments(operation: str, **known: str) -> dict[str, Any]:
    """What the operation needs: what is known, or else the examples of the contract."""
    builds = importlib.import_module(OPERATIONS[operation][2])._get_kwargs
    specified = SPECIFIED[operation]
    parameters = map(component, specified.get("parameters", []))
    examples = {p["name"]: p["schema"]["examples"][0] for p in parameters} | known
    signature = inspect.signature(builds).parameters.items()
    given = {name: examples.get(name) for name, p in signature if p.default is p.empty}
    if "body" in given:
        model = get_type_hints(builds)["body"]
        media = next(iter(specified["requestBody"]["content"].values()))
        sent = component(media["schema"]).get("examples")
        audio = File(io.BytesIO(b"sound"), "a.mp3", "audio/mp3")
        given["body"] = model.from_dict(sent[0]) if sent else model(file=audio, user="user-1")
    return given


def call(operation: str, form: str, client: AuthenticatedClient, **given: Any) -> Any:
    """Call a function of the operation's module, over connections of its own."""
    function = getattr(importlib.import_module(OPERATIONS[operation][2]), form)
    client = attrs.evolve(client)

    async def awaited() -> Any:
        async with client:
            return await function(client=client, **given)

    if inspect.iscoroutinefunction(function):
        return asyncio.run(awaited())
    with client:
        return function(client=client, **given)


def answering(
    status: int,
    headers: dict[str, str],
    body: bytes,
    seen: list[httpx.Request] | None = None,
    **options: Any,
) -> AuthenticatedClient:
    """A client whose every request is answered so; seen: what takes the requests."""

    def handler(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(status, headers=headers, content=body)

    transport = {"transport": httpx.MockTransport(handler)}
    return AuthenticatedClient("http://dify.test/v1", KEY, httpx_args=transport, **options)


@pytest.mark.sample(8)
@each_form
@each_operation
def test_each_operation_gets_its_answer_from_a_server(operation: str, form: str) -> None:
    with FakeDify(eof_delay=0) as fake:
        fake.app("app-form", [HumanInput("ask")], speech=True)
        key = "app-form" if "form" in operation.lower() or "udio" in operation else fake.api_key
        client = AuthenticatedClient(fake.url, key)
        body = models.RunWorkflowBody.from_dict({"inputs": {}, "user": "user-1"})
        body.response_mode = "blocking"
        ran = call("runWorkflow", "sync", client, body=body)
        listed = call("listWorkflowLogs", "sync", client)
        known = {"workflow_run_id": ran.workflow_run_id, "task_id": ran.task_id}
        known["workflow_id"] = ran.data.workflow_id
        known["end_user_id"] = listed.data[0].created_by_end_user.id
        for reason in ran.data.reasons or []:
            known["form_token"] = reason.form_token
        given = arguments(operation, **known)
        answer = call(operation, form, client, **given)
    if form.endswith("detailed"):
        assert answer.status_code in (200, 201)
        assert answer.content
        answer = answer.parsed
    responses = SPECIFIED[operation]["responses"]
    (success,) = [component(node) for status, node in responses.items() if status[0] == "2"]
    kind = next(iter(success["content"]))
    if kind == "application/json":
        assert type(answer) is getattr(models, MODELS.get(operation, ""), dict)
    else:
        assert type(answer) is (type(None) if kind == "text/event-stream" else File)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_success_is_read(version: str) -> None:
    items = [item for item in exchanges(version) if model_of(item)]
    assert items
    for number, item in enumerate(items):
        operation = operation_of(item) or ""
        client = answering(item.status, dict(item.headers), item.body)
        answer = call(operation, FORMS[number % 4], client, **arguments(operation))
        answer = getattr(answer, "parsed", answer)
        assert type(answer) is getattr(models, MODELS[operation]), item
        assert holds(answer.to_dict(), item.json()), item


@each_operation
def test_every_error_of_the_contract_is_read(operation: str) -> None:
    refusals = [int(s) for s in SPECIFIED[operation]["responses"] if s[0] != "2"]
    for status in refusals:
        said = b'{"code": "a_code", "message": "why", "status": %d, "more": 1}' % status
        for form in FORMS:
            given = arguments(operation)
            answer = call(operation, form, answering(status, {}, said), **given)
            assert getattr(answer, "status_code", status) == status
            answer = getattr(answer, "parsed", answer)
            assert type(answer) is models.Error
            assert (answer.code, answer.message, answer["more"]) == ("a_code", "why", 1)


RAW = {
    "a status that Python does not know": (524, {"Content-Type": "text/html"}, b"<html>"),
    "a proxy's page": (502, {"Content-Type": "text/html"}, PAGE),
    "a page where the contract has an error": (401, {"Content-Type": "text/html"}, PAGE),
    "an error of another form": (401, {}, b"[]"),
    "half an error": (500, {}, b'{"code": "unk'),
    "nothing": (503, {}, b""),
}


@each_form
@each_operation
@pytest.mark.parametrize("answer", RAW.values(), ids=RAW)
@pytest.mark.sample(32)
def test_what_the_contract_does_not_say_is_none_or_unexpected(
    operation: str, form: str, answer: tuple[int, dict[str, str], bytes]
) -> None:
    made = call(operation, form, answering(*answer), **arguments(operation))
    if form.endswith("detailed"):
        assert (made.status_code, made.content, made.parsed) == (answer[0], answer[2], None)
    else:
        assert made is None
    strict = answering(*answer, raise_on_unexpected_status=True)
    with pytest.raises(UnexpectedStatus) as raised:
        call(operation, form, strict, **arguments(operation))
    assert (raised.value.status_code, raised.value.content) == (answer[0], answer[2])


@each_form
def test_a_stream_comes_whole(form: str) -> None:
    item = next(item for item in exchanges(VERSIONS[-1], "run/") if item.is_stream)
    client = answering(200, dict(item.headers), item.body, raise_on_unexpected_status=True)
    answer = call("runWorkflow", form, client, **arguments("runWorkflow"))
    assert getattr(answer, "parsed", answer) is None
    assert getattr(answer, "content", item.body) == item.body


@each_form
def test_an_upload_cannot_add_fields_of_its_own(form: str) -> None:
    seen: list[httpx.Request] = []
    field = b'Content-Disposition: form-data; name="user"\r\n\r\nsomebody-else\r\n'
    evil = b"x\r\n--+++\r\n" + field + b"--+++--\r\n" + b"-" * 40
    body = models.FileUploadBody(file=File(io.BytesIO(evil), "a.txt", "text/plain"), user="me")
    call("uploadFile", form, answering(500, {}, b"", seen), body=body)
    (request,) = seen
    head = b"Content-Type: " + request.headers["Content-Type"].encode() + b"\r\n\r\n"
    parts: Any = BytesParser().parsebytes(head + request.content).get_payload()
    names = [part.get_param("name", header="content-disposition") for part in parts]
    assert names == ["file", "user"]
    assert [part.get_payload(decode=True) for part in parts] == [evil, b"me"]


@each_form
def test_there_is_a_time_out_unless_it_is_said_otherwise(form: str) -> None:
    seen: list[httpx.Request] = []
    for options in ({}, {"timeout": httpx.Timeout(7)}, {"timeout": None}):
        call("getAppInfo", form, answering(500, {}, b"", seen, **options))
    first, second, third = (set(one.extensions["timeout"].values()) for one in seen)
    assert all(first)
    assert (second, third) == ({7}, {None})


def test_the_key_is_not_shown_and_a_copy_is_one() -> None:
    client = answering(200, {}, b"{}")
    inner = client.get_httpx_client()
    client.get_async_httpx_client()
    more = client.with_headers({"X-More": KEY})
    for shown in (
        client,
        more,
        client.with_cookies({"more": KEY}),
        client.with_timeout(httpx.Timeout(1)),
        Client("http://dify.test", headers={"Authorization": KEY}, httpx_args={"auth": ("u", KEY)}),
    ):
        assert KEY not in repr(shown)
    assert "X-More" not in inner.headers
    assert not inner.cookies
    assert inner.timeout.read != 1
    assert more.get_httpx_client().headers["X-More"] == KEY


@pytest.mark.parametrize(
    "diff", sorted(templating.TEMPLATES.glob("*.diff")), ids=lambda path: path.stem
)
def test_templates_are_the_tools_own_but_for_these_diffs(diff: Path, tmp_path: Path) -> None:
    templating.write(tmp_path)
    (made,) = tmp_path.rglob(diff.stem)
    original = templating.ORIGINALS / made.relative_to(tmp_path)
    old, new = (path.read_text("utf-8").splitlines(keepends=True) for path in (original, made))
    name = str(made.relative_to(tmp_path))
    lines = "".join(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", n=2))
    hunk = re.compile(r"^@@.*@@$", re.M)
    assert hunk.sub("@@", lines) == hunk.sub("@@", diff.read_text("utf-8"))


def test_a_template_that_no_longer_fits_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    others = tmp_path / "templates"
    others.mkdir()
    for original in templating.ORIGINALS.glob("*.jinja"):
        text = original.read_text("utf-8").replace("dict(src_dict)", "{**src_dict}")
        (others / original.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(templating, "ORIGINALS", others)
    with pytest.raises(ContractError, match=r"model.py.jinja.diff no longer fits"):
        templating.write(tmp_path)
