"""Recorded JSON with one thing wrong, and a client without a network whose server says it.

Wrong is a key gone, null, of another type, unknown, or a new value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from dify_workflow import DifyError, WorkflowRunResponse
from facade import Kind, client, mocked
from pauses import recorded_pauses
from wire_archive import exchange

Path = tuple[str | int, ...]

GONE: Any = object()
FREE = {"inputs", "outputs", "process_data", "metadata", "tool_info", "iteration_duration_map"}
FREE |= {"loop_duration_map", "loop_variable_map", "parameters", "agent_log", "submitted_data"}
FILE = "dify_model_identity"
WRONG: list[Any] = [GONE, None, "a-new-value", "", 5, -1.5, 10**30, True, [], ["x"], [None], [{}]]
WRONG += [{}, {"x": None}]


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every key of an object, the nested ones too; of a list, those of each kind of item.

    What an app may call as it likes is left alone, but for the files in it.
    """
    if isinstance(value, dict):
        free = at and at[-1] in FREE
        for key, inner in value.items():
            if not free or (isinstance(inner, dict) and FILE in inner):
                yield (*at, key)
                yield from paths(inner, (*at, key))
    elif isinstance(value, list):
        seen: set[str] = set()
        for number, inner in enumerate(value):
            shape = str(sorted(inner) if isinstance(inner, dict) else type(inner))
            if shape not in seen:
                seen.add(shape)
                yield (*at, number)
                yield from paths(inner, (*at, number))


def changed(value: Any, path: Path, to: Any) -> Any:
    """A copy with another value at a place; GONE takes the key away."""
    key, *rest = path
    copy = value.copy()
    if rest:
        copy[key] = changed(value[key], tuple(rest), to)
    elif to is GONE:
        del copy[key]
    else:
        copy[key] = to
    return copy


def mutants(value: Any, known: set[Path]) -> Iterator[tuple[str, Any]]:
    """Yield what was done, and the changed copy, for each path that `known` does not hold yet."""
    for path in paths(value):
        if path in known:
            continue
        known.add(path)
        where = ".".join(map(str, path))
        for wrong in WRONG:
            yield (
                f"{where} = {'gone' if wrong is GONE else repr(wrong)}",
                changed(value, path, wrong),
            )
        beside = (*path[:-1], "a_new_key")
        if isinstance(path[-1], str) and beside not in known:
            known.add(beside)
            yield f"{where}: a new key beside", changed(value, beside, {"x": 1})


def mutants_by_name(named: Iterable[tuple[str, Any]]) -> dict[str, list[tuple[str, Any]]]:
    """Mutants of values, by their names; each place of a name once."""
    known: dict[str, set[Path]] = {}
    found: dict[str, list[tuple[str, Any]]] = {}
    for name, value in named:
        found.setdefault(name, []).extend(mutants(value, known.setdefault(name, set())))
    return found


RUN = exchange("1.14.2", "run/empty_streaming")
HEADERS = {"x-version": "1.14.2"}


class Server:
    """Answers each request with the first of `answers` for its path, once, else "not found"."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, httpx.Response]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        for number, (path, answer) in enumerate(self.answers):
            if path in request.url.path:
                del self.answers[number]
                return answer
        body = {"code": "not_found", "message": "no", "status": 404}
        return httpx.Response(404, json=body, headers=HEADERS)

    def will_say(self, body: Any, status: int = 200, path: str = "/") -> None:
        content = json.dumps(body).encode()
        headers = {**HEADERS, "content-type": "application/json"}
        self.answers.append((path, httpx.Response(status, content=content, headers=headers)))

    def will_stream(self, *events: Any) -> None:
        frames = [b"data: %b\n\n" % json.dumps(event).encode() for event in events]
        headers = {**HEADERS, "content-type": "text/event-stream"}
        answer = httpx.Response(200, content=b"".join(frames), headers=headers)
        self.answers.append(("/run", answer))


@contextmanager
def serving(kind: Kind) -> Iterator[tuple[Server, Any]]:
    """A client without a network, and what answers it."""
    server = Server()
    http = mocked(kind, server)
    with (
        recorded_pauses(),
        client(kind, "http://server.test", http_client=http, max_retries=0) as dify,
    ):
        yield server, dify
        http.close() if kind == "sync" else dify._run(http.aclose())


def of_types(value: Any, **types: Any) -> None:
    """Check the types of attributes, and that the value can be shown."""
    for name, kind in types.items():
        assert isinstance(getattr(value, name), kind), name
    repr(value)


def use_response(response: WorkflowRunResponse) -> None:
    """Read all that there is."""
    of_types(response, id=str, status=str, message=str, task_id=str | None)
    of_types(response, outputs=dict, inputs=dict)
    for form in response.forms:
        of_types(form, token=str | None, content=str)
    for file in response.files:
        repr(file)
    with suppress(DifyError):
        response.raise_for_status()
