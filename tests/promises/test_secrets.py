"""The API key never shows in what is printed or logged, and stays usable."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import dify_workflow
import orjson
import pytest
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow, WorkflowLogsRequest, WorkflowRunRequest
from dify_workflow._api import api_requests
from dify_workflow.options import Options
from dify_workflow.types.requests import Secret, seal
from facade import API_KEY, Kind, answered, both, client
from leaks import NOBODY, STREAM, UNAUTHORIZED, assert_hidden
from replay_server import Reply
from wire_archive import exchange

# What is printed.


def test_a_secret_is_masked_however_it_is_shown() -> None:
    secret = Secret(API_KEY)
    for value in (secret, [secret], {"a": secret}, (secret,), {secret}, {secret: 1}):
        assert_hidden(value)
    assert f"{secret:>40}".strip() == "***"
    assert f"{secret} {secret!r} {secret!s:5} {secret!a}" == "*** '***' ***   '***'"


def test_a_secret_is_the_text_where_it_is_revealed() -> None:
    secret = Secret(API_KEY)
    assert secret == API_KEY == secret
    assert secret not in ("another", Secret("another"))
    assert hash(secret) == hash(API_KEY)
    pickled = [pickle.dumps(secret, number) for number in range(pickle.HIGHEST_PROTOCOL + 1)]
    for one in (secret, *map(pickle.loads, pickled)):
        assert (type(one), type(one.reveal()), one.reveal()) == (Secret, str, API_KEY)
    assert seal(secret) is secret
    assert seal(None) is None


def test_what_writes_json_does_not_write_a_secret() -> None:
    request = WorkflowRunRequest(inputs={}, api_key=API_KEY)
    for value in (request.api_key, attrs.asdict(request), attrs.asdict(Options(api_key=API_KEY))):
        for dumps in (json.dumps, orjson.dumps):
            with pytest.raises(TypeError):
                dumps(value)
            assert API_KEY not in str(dumps(value, default=str))


def shown_objects(dify: Any) -> Iterator[Any]:
    request = WorkflowRunRequest(inputs={"a": 1}, api_key=API_KEY)
    options = Options(api_key=API_KEY)
    yield dify
    yield dify.with_options(user="somebody")
    yield from vars(dify).values()
    yield request
    yield WorkflowLogsRequest(api_key=API_KEY, limit=5)
    yield options
    yield api_requests.run(request.inputs, options)
    yield api_requests.detail("a-run", options)
    stream = dify.run_workflow_stream(request)
    yield stream
    yield from vars(stream).values()
    for value in vars(stream).values():
        if attrs.has(type(value)):
            yield from attrs.asdict(value, recurse=False).values()


@pytest.mark.parametrize("client_class", [DifyWorkflow, AsyncDifyWorkflow])
def test_no_object_shows_the_key(client_class: type[Any]) -> None:
    count = 0
    for value in shown_objects(client_class(api_key=API_KEY, base_url=NOBODY)):
        assert_hidden(value)
        count += 1
    assert count > 25


@both
def test_no_result_shows_the_key(kind: Kind) -> None:
    detail = exchange("1.14.2", "detail/partial")
    with answered(kind, STREAM, STREAM, detail) as (server, dify):
        response = dify.run_workflow({})
        stream = dify.run_workflow_stream({})
        for value in (response, *stream, stream, stream.result(), dify.info("a-run")):
            assert_hidden(value)
    assert server.requests[0].headers["authorization"] == f"Bearer {API_KEY}"


# What is logged.


@both
def test_no_log_shows_the_key_even_when_everything_is_logged(
    kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    replies = (STREAM, UNAUTHORIZED, Reply.html(502, "<html>Bad gateway</html>"))
    with caplog.at_level(logging.DEBUG):
        for name in ("dify_workflow", "httpx", "httpcore", "asyncio"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        with answered(kind, *replies, max_retries=0) as (_, dify):
            dify.run_workflow({})
            for _ in range(2):
                with pytest.raises(dify_workflow.APIError):
                    dify.info("a-run")
        with (
            client(kind, NOBODY, max_retries=0) as dify,
            pytest.raises(dify_workflow.ConnectionFailed),
        ):
            dify.run_workflow({})
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert names >= {"httpx", "dify_workflow"}
    assert len(caplog.records) > 8
    for record in caplog.records:
        assert API_KEY not in record.getMessage()
        assert API_KEY not in repr(vars(record))
    assert API_KEY not in caplog.text


# It stays usable.


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_has_the_key_and_does_not_show_it(copied: Callable[[Any], Any]) -> None:
    for value in (
        WorkflowRunRequest(inputs={}, api_key=API_KEY),
        WorkflowLogsRequest(api_key=API_KEY),
        Options(api_key=API_KEY),
    ):
        made = copied(value)
        assert made == value
        assert_hidden(made)
        assert made.api_key.reveal() == API_KEY
        assert type(made.api_key) is Secret
    with answered("sync", STREAM) as (server, dify), copied(dify) as made:
        assert_hidden(made)
        made.run_workflow({})
        assert server.requests[0].headers["authorization"] == f"Bearer {API_KEY}"
