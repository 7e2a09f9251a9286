"""From what a caller asked for to a run that can be followed; the same for both clients."""

from __future__ import annotations

import copy
import uuid
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from .._api import calls
from .._api.commands import Flow
from .._api.input_forms import InputForms
from .._api.validation import InputWarning, error_of, problems
from .._api.versions import Server
from .._codec.jsonio import plain
from ..errors import InvalidArgument
from ..options import Options
from ..typed import TypedRequest
from ..types.requests import WorkflowRunRequest
from ..types.responses import WorkflowRunResponse
from .handle import RunHandle
from .replay import Delivered
from .run import Following, Lookup
from .state import RunState

_SUFFIX = 12  # hex digits that make a user unique
_LONGEST_USER = 255


def plan(
    request: WorkflowRunRequest | Mapping[str, Any],
    defaults: Options,
    given: Mapping[str, Any],
    server: Server,
    clock: Callable[[], float],
    forms: InputForms | None = None,
    *,
    result_only: bool = False,
    own_user: bool = False,
    before_post: Callable[[], None] | None = None,
) -> Following:
    """Return a run that is to be started; raises `InvalidArgument`. Nothing is sent here.

    defaults, given: the options of the client, and of the call.
    own_user: the user is of this run alone, so its runs are surely this one.
    before_post: called when all is uploaded and the request that starts the run is next.
    """
    asked = WorkflowRunRequest.of(request)
    if not result_only:
        _refuse_for_streams(asked, given)
    options = defaults.merged(given, asked)
    options.key()
    if options.unique_user:
        suffix = uuid.uuid4().hex[:_SUFFIX]
        user = f"{options.user[: _LONGEST_USER - _SUFFIX - 1]}-{suffix}"
        options = attrs.evolve(options, user=user, unique_user=False)
        own_user = True
    inputs: dict[str, Any] = plain(asked.inputs, "inputs")
    key_input = options.run_key_input
    if key_input in inputs:
        key_input = None  # a value that is not ours proves nothing: other runs may have it too
    if key_input is not None:
        inputs[key_input] = uuid.uuid4().hex
    checks = None
    if _is_checked(asked, options):
        checks = _check_inputs({**inputs, **asked.inputs}, options, forms or InputForms())
    return Following(
        state=RunState(
            max_event_bytes=options.max_event_bytes,
            max_response_bytes=options.max_response_bytes,
            result_only=result_only,
        ),
        options=options,
        clock=clock,
        server=server,
        start=calls.run(asked, inputs, options),
        blocking=asked.response_mode == "blocking",
        checks=checks,
        before_post=before_post,
        lookup=Lookup(inputs, own_user, key_input),
    )


def _refuse_for_streams(request: WorkflowRunRequest, given: Mapping[str, Any]) -> None:
    """Refuse what only `run_workflow` can do."""
    if given.get("on_human_input") is not None:
        raise InvalidArgument(
            "on_human_input: for run_workflow; a stream ends where the run pauses, and resume "
            "goes on",
            field="on_human_input",
        )
    if request.response_mode == "blocking":
        raise InvalidArgument(
            'response_mode: "blocking" gives no stream; use run_workflow', field="response_mode"
        )


def _is_checked(asked: WorkflowRunRequest, options: Options) -> bool:
    """Whether the inputs are checked: a typed request's are, unless `validate` is given."""
    if options.validate is None:
        return isinstance(asked, TypedRequest)
    return options.validate != "off"


def _check_inputs(inputs: Mapping[str, Any], options: Options, forms: InputForms) -> Flow[None]:
    form = yield from forms.get(options, needed=options.validate is not None)
    if options.validate is None and not form:
        return  # it was refused, or is empty: that tells nothing
    found = problems(form or {}, inputs)
    if found and options.validate != "warn":
        raise error_of(found)
    if found:
        warnings.warn("; ".join(found), InputWarning, stacklevel=2)


def attaching(
    run_id: str, options: Options, server: Server, clock: Callable[[], float]
) -> Following:
    """Return a run that somebody started, to be followed."""
    options.key()
    state = RunState(
        run_id=calls.identifier("run_id", run_id),
        max_event_bytes=options.max_event_bytes,
        max_response_bytes=options.max_response_bytes,
    )
    state.text_complete, state.events_lost = False, True
    return Following(state=state, options=options, clock=clock, server=server)


def resuming(
    run: WorkflowRunResponse | RunHandle | str,
    options: Options,
    server: Server,
    clock: Callable[[], float],
) -> Following:
    """Return a run that was paused, to be followed on."""
    if isinstance(run, str):
        following = attaching(run, options, server, clock)
        following.resuming = True
        following.state.resume(Delivered())
        return following
    if not isinstance(run, WorkflowRunResponse | RunHandle) or not run.id:
        raise InvalidArgument("run: a paused run's response, its stream, or its id", field="run")
    options = options.merged({"user": run.user})
    following = attaching(run.id, options, server, clock)
    following.resuming = True
    following.state.task_id = run.task_id
    delivered = Delivered() if run._delivered is None else copy.deepcopy(run._delivered)
    delivered.next_leg()
    following.state.resume(delivered)
    following.state.events_lost, following.state.in_gap = False, True
    return following
