"""Apps with an input form, values for it, and the ways to run them."""

from __future__ import annotations

import dataclasses
import enum
from datetime import UTC, datetime
from typing import Any

import attrs
import pydantic
import pytest
from dify_workflow import (
    WorkflowFile,
    WorkflowRunRequest,
)
from replay_server import ReplayServer, Reply, Request
from wire_archive import exchange

PARAMETERS = exchange("1.14.2", "appinfo/echo_parameters_extra")


RUN = Reply.of(exchange("1.14.2", "run/empty_streaming"))


RUN_BLOCKING = Reply.of(exchange("1.14.2", "run/empty_blocking"))


def asked(server: Any) -> list[str]:
    """The last part of each request's path, in order."""
    return [request.path.rpartition("/")[2] for request in server.requests]


class Colour(enum.Enum):
    A = "a"
    NONE = "none"
    ONE = 1


class Word(enum.StrEnum):
    A = "a"


@dataclasses.dataclass
class Plain:
    a: int = 1


@attrs.frozen
class Attrs:
    a: int = 1


class Model(pydantic.BaseModel):
    a: int = 1


DOC = WorkflowFile.from_url("https://example.com/a.pdf")


PIC = WorkflowFile.from_bytes(b"x", "a.png")


AT = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)


class App(ReplayServer):
    """An app with this input form (or this answer to /parameters), whose runs do nothing."""

    def __init__(self, form: Any = None, parameters: Reply | None = None) -> None:
        super().__init__(self._tell)
        raw = PARAMETERS.json()
        raw["user_input_form"] = raw["user_input_form"] if form is None else form
        self._parameters = Reply.json(200, raw) if parameters is None else parameters

    def _tell(self, request: Request) -> Reply:
        if request.path.endswith("/parameters"):
            return self._parameters
        assert request.path == "/v1/workflows/run", request
        return RUN if request.json()["response_mode"] == "streaming" else RUN_BLOCKING


def field(type: str, variable: str, **more: Any) -> dict[str, Any]:
    """An entry of an input form."""
    known = {"variable": variable, "label": variable, "type": type, "required": False}
    return {type: {**known, "max_length": None, "options": [], **more}}


MODES = ["run_workflow", "blocking", "run_workflow_stream", "start"]


each_mode = pytest.mark.parametrize("mode", MODES)


def run(dify: Any, mode: str, inputs: dict[str, Any], **options: Any) -> Any:
    if mode == "blocking":
        request = WorkflowRunRequest(inputs=inputs, response_mode="blocking")
        return dify.run_workflow(request, **options)
    result = getattr(dify, mode)(inputs, **options)
    return result if mode == "run_workflow" else result.result()
