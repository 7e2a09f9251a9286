"""Requests, built by the generated modules from the contract's operations."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import attrs
import dify_workflow_api.models as models
from dify_workflow_api.operations import OPERATIONS

from .._codec.jsonio import to_json
from ..errors import invalid
from ..options import Options
from ..types.files import GuessedType, NotUploaded

FILE_ID = "upload_file_id"


@attrs.frozen
class ApiRequest:
    """One request that can be sent: what httpx needs, and the options it is made with.

    `repeatable` says that sending it twice does no harm, `one_shot` that its body can be read only
    once.
    """

    operation: str
    kwargs: dict[str, Any] = attrs.field(repr=False)
    options: Options
    repeatable: bool
    one_shot: bool = False

    @property
    def path(self) -> str:
        """The path below the base URL."""
        return str(self.kwargs["url"])


_module = functools.cache(import_module)


def build(operation: str, options: Options, *path: str, **arguments: Any) -> ApiRequest:
    """Build the request of an operation; arguments that are None are left out."""
    method, _, module = OPERATIONS[operation]
    present = {name: value for name, value in arguments.items() if value is not None}
    kwargs = _module(module)._get_kwargs(*path, **present)
    return ApiRequest(operation, kwargs, options, repeatable=method == "GET")


def run(inputs: Mapping[str, Any], options: Options, *, blocking: bool = False) -> ApiRequest:
    """Build the request that starts a run; `upload_all` fills in files that are `not_uploaded`."""
    model = models.RunWorkflowBody(inputs, options.user, "blocking" if blocking else "streaming")
    if options.trace_id is not None:
        model.trace_id = options.trace_id
    if options.trace_session_id is not None:
        model.trace_session_id = options.trace_session_id
    files = None if options.files is None else to_json(options.files, "files")
    try:
        if files is not None:
            model.files = [models.InputFile.from_dict(file) for file in files]
    except (KeyError, TypeError, ValueError) as error:
        raise invalid(
            "files",
            "each needs a type, a transfer_method and what they call for; "
            f"WorkflowFile makes them ({error})",
        ) from error
    if options.workflow_id is None:
        built = build("runWorkflow", options, body=model)
    else:
        version = identifier("workflow_id", options.workflow_id)
        built = build("runWorkflowVersion", options, version, body=model)
    return _with_extra_body(built, options.extra_body)


def _with_extra_body(built: ApiRequest, extra: Mapping[str, Any]) -> ApiRequest:
    if not extra:
        return built
    for name in extra:
        if name in built.kwargs["json"]:
            raise invalid("extra_body", f"{name} is set by the request itself")
    body = {**built.kwargs["json"], **to_json(extra, "extra_body")}
    return attrs.evolve(built, kwargs={**built.kwargs, "json": body})


def _objects(body: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in JSON of our own making."""
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
            yield value


def not_uploaded(body: Any) -> list[dict[str, Any]]:
    """Return the file objects in JSON of our own making that have no id yet."""
    return [value for value in _objects(body) if isinstance(value.get(FILE_ID), NotUploaded)]


def change_types(body: Any, guesses: type[GuessedType]) -> bool:
    """Give every file whose type was such a guess the other one; return whether there was any."""
    files = [value for value in _objects(body) if isinstance(value.get("type"), guesses)]
    for file in files:
        file["type"] = "document" if file["type"] == "custom" else "custom"
    return bool(files)


def stop(task_id: str, options: Options) -> ApiRequest:
    """Build the request that stops a task; sending it twice does no harm."""
    body = models.StopTaskBody(user=options.user)
    built = build("stopWorkflowTask", options, identifier("task_id", task_id), body=body)
    return attrs.evolve(built, repeatable=True)


def detail(run_id: str, options: Options) -> ApiRequest:
    """Build the request for a run's detail."""
    return build("getWorkflowRun", options, identifier("workflow_run_id", run_id))


def events(run_id: str, options: Options, *, through_pauses: bool = False) -> ApiRequest:
    """Build the request that follows a run, with a replay of what has happened so far."""
    return build(
        "streamWorkflowEvents",
        options,
        identifier("workflow_run_id", run_id),
        user=options.user,
        include_state_snapshot=True,
        continue_on_pause=through_pauses,
    )


def form(token: str, options: Options) -> ApiRequest:
    """Build the request for a human-input form."""
    return build("getHumanInputForm", options, identifier("form_token", token))


def speech(options: Options, **texts: str | None) -> ApiRequest:
    """Build the request that turns a text into speech."""
    values = {name: to_json(value, name) for name, value in texts.items() if value is not None}
    for name, value in values.items():
        if not isinstance(value, str):
            raise invalid(name, "text")
    body = models.TextToAudioBody.from_dict({"user": options.user, **values})
    return build("textToAudio", options, body=body)


def logs(options: Options, filters: Mapping[str, Any]) -> ApiRequest:
    """Build the request for a page of the logs."""
    return build("listWorkflowLogs", options, **filters)


def identifier(name: str, value: Any) -> str:
    """Return an id that can be a part of a path; raises `InvalidArgument`."""
    if not isinstance(value, str):
        its = "; give its id" if isinstance(getattr(value, "id", None), str) else ""
        raise invalid(name, f"an id is text, not a {type(value).__name__}{its}")
    if not value.strip() or value in (".", ".."):
        raise invalid(name, "a non-empty string is needed")
    if "/" in value:
        raise invalid(name, "this is an address, not an id")
    if value.startswith("app-"):
        raise invalid(name, "this is an API key, not an id")
    text: str = to_json(value, name)
    return text
