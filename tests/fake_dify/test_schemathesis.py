"""Requests made up from the contract, right and wrong ones: the stand-in server keeps to it.

What a real server does otherwise than a contract promises is left out here, each with its reason:
the truth is what was recorded.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from contract_edits import SPEC
from dify_workflow import DifyWorkflow
from fake_dify import FakeDify, HumanInput, Text
from fake_dify_calls import decode
from hypothesis import settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from generator.compare.claims import Contract
from generator.compare.truth import Claim
from generator.document import Document

pytestmark = pytest.mark.slow

Case = Any  # schemathesis.Case: its types are not there where this is checked

load_all_checks()
SCHEMA = schemathesis.openapi.from_dict(SPEC)
CONTRACT = Contract(SPEC)
EVENT = "#/components/schemas/WorkflowEvent"
NEVER = {
    "unsupported_method": "recorded: servers since 1.8 answer 405 without `Allow`",
    "not_a_server_error": "recorded: 500 `unknown` for users that are too long and the like",
    "positive_data_acceptance": "a schema cannot tell an empty user, or the state of a run",
}
LAX = {
    r"(body - |/properties/)user\b": "recorded: servers make text of a user of any type",
    r"body - response_mode: Incorrect type": "recorded: servers take null for absent",
    r"/run .*(body - |/properties/)(files|trace_id|trace_session_id)\b": "not recorded",
    r"/run .*parameter `X-Trace-Session-Id` in header": "not recorded",
    r"/text-to-audio .*(in body|/properties/)": "not recorded; most of it is without effect",
    r"query: violates `additionalProperties`": "recorded: unknown parameters are ignored",
    r"query - created_at__\w+: ": "servers take more forms of a time than the contract offers",
}
"""Wrong requests that are taken all the same: part of what schemathesis says of one."""


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[FakeDify, dict[str, str | None]]]:
    """A server with a finished and a paused run, and what names things on it."""
    limits: dict[str, Any] = {"eof_delay": 0, "idle_limit": 0.1, "ping_interval": 0.05}
    with FakeDify(workflow=[HumanInput("ask")], check=False, **limits) as fake:
        fake.default_app.speech = True
        with DifyWorkflow(base_url=fake.url, api_key=fake.api_key, user="user-1") as dify:
            paused = dify.run_workflow({})
            fake.workflow = [Text(["x"])]
            done = dify.run_workflow({})
            entry = dify.logs(limit=1).data[0].data.created_by_end_user
        assert entry is not None
        yield (
            fake,
            {
                "workflow_run_id": done.id,
                "task_id": done.task_id,
                "workflow_id": fake.default_app.workflow_id,
                "form_token": paused.forms[0].token,
                "end_user_id": entry.id,
            },
        )


@SCHEMA.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=8, derandomize=True, deadline=None, database=None)
def test_every_operation_keeps_to_the_contract(case: Case, server: Any) -> None:
    assert case.meta is not None
    fake, known = server
    if case.method.upper() != case.operation.method.upper():
        return  # other methods are no part of the contract
    chance = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode())
    if case.meta.generation.mode.is_positive and chance % 2:  # the same when it is run again
        case.path_parameters |= {k: v for k, v in known.items() if k in case.path_parameters}
    key = {"Authorization": f"Bearer {fake.api_key}"}
    response = case.call(base_url=fake.url, headers=key)
    kind = response.headers.get("content-type", [""])[0].partition(";")[0]
    left_out = set(NEVER)
    if kind == "text/event-stream":
        # The status comes before the inputs are looked at, and the schema is that of one event.
        left_out |= {"negative_data_rejection", "response_schema_conformance"}
        for event in decode(response.content):
            claim = Claim("stream", EVENT, event, by_event=True)
            assert CONTRACT.errors(claim) + CONTRACT.undeclared(claim) == []
    elif kind == "text/html":
        assert response.status_code == 404  # an id that is no UUID; the contract says so in words
        left_out.add("content_type_conformance")
    elif response.status_code >= 400:
        check_code(case, response.status_code, response.json()["code"])
    excluded: list[Any] = [CHECKS.get_one(name) for name in left_out]
    try:
        case.validate_response(response, excluded_checks=excluded)
    except FailureGroup as group:
        told = [f"{case.method} {case.path} {failure}" for failure in group.exceptions]
        strict = [one for one in told if not any(re.search(lax, one, re.DOTALL) for lax in LAX)]
        assert strict == []


def check_code(case: Case, status: int, code: str) -> None:
    if (status, code) == (400, "bad_request") and case.body is not None:
        return  # recorded for runs, whose text names it: a body that is no JSON
    if status == 405:  # the text at the top tells of it
        assert f"`{code}`" in SPEC["info"]["description"]
        return
    answer = case.operation.definition.raw["responses"][str(status)]
    whole = Document(SPEC).resolved(answer)
    assert f"`{code}`" in whole["description"], (case.method, case.path, status, code)


def test_every_operation_is_tried() -> None:
    found = {operation.ok().label for operation in SCHEMA.get_all_operations()}
    assert found == {o.where for o in Document(SPEC).operations()}
