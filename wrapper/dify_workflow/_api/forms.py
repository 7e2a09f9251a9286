"""Fetch a human-input form, check an answer, submit it. Flows: no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dify_workflow_api.models as models

from .._codec.jsonio import as_text, decode, to_json
from ..errors import FormClosed, InvalidArgument, invalid
from ..options import Options
from ..types import forms
from ..types.files import with_files
from ..types.forms import FormReply, WorkflowForm
from . import api_requests
from .api_responses import ApiResponse
from .commands import Flow, Send, ask, send_with_retries
from .failures import Failure, no_answer
from .uploads import upload_all
from .validation import file_problem, fit_types, texts

if TYPE_CHECKING:
    from dify_workflow_api.models import FormInput

_SUBMITTED = "human_input_form_submitted"


def fetch_form(options: Options, token: str) -> Flow[WorkflowForm]:
    """Fetch a form; raises `FormClosed` when it was submitted or has expired."""
    response = yield from ask(api_requests.form(token, options))
    return response.decode(lambda raw: forms.from_response(token, decode("HumanInputForm", raw)))


def submit(
    options: Options, form: WorkflowForm | str, action: str, inputs: Mapping[str, Any]
) -> Flow[None]:
    """Check an answer, upload its files, and submit it."""
    if isinstance(form, str):
        form = yield from fetch_form(options, form)
    if not isinstance(form, WorkflowForm):
        raise invalid("form", "a WorkflowForm, or its token")
    if not isinstance(inputs, Mapping):
        raise invalid("inputs", "a mapping of names to answers")
    inputs = with_files(inputs, "inputs")
    token = form.needs_token()
    check_answer(form, action, inputs)
    filled = to_json(inputs, "inputs")
    fit_types({field.output_variable_name: field for field in form.inputs}, filled)
    if files := api_requests.not_uploaded(filled):
        yield from upload_all(files, options)
    body = models.SubmitFormBody(inputs=filled, action=action, user=options.user)
    request = api_requests.build("submitHumanInputForm", options, token, body=body)
    outcome: ApiResponse | Failure = yield from send_with_retries(Send(request))
    if isinstance(outcome, ApiResponse) and (outcome.ok or outcome.is_dify):
        if not outcome.ok:
            raise outcome.error()
        return
    # The answer was lost: the form itself tells whether it was taken.
    try:
        yield from fetch_form(options, token)
    except FormClosed as closed:
        if closed.code == _SUBMITTED:
            return
        raise
    if isinstance(outcome, ApiResponse):
        raise outcome.error()
    raise no_answer(outcome)


def parsed(reply: FormReply) -> tuple[str, Mapping[str, Any]] | None:
    """Return the action and the inputs that a callback gave."""
    if reply is None:
        return None
    if isinstance(reply, str):
        return reply, {}
    if isinstance(reply, tuple) and len(reply) == 2 and isinstance(reply[1], Mapping):
        return reply
    raise invalid("on_human_input", "it must return (action, inputs), an action, or None")


def check_answer(form: WorkflowForm, action: str, inputs: Mapping[str, Any]) -> None:
    """Raise `InvalidArgument` with all that the server would refuse, drop, or fail on later."""
    problems = []
    actions = [as_text(one.id) for one in form.actions]
    if action not in actions:
        problems.append(f"action: {action!r} is none of {', '.join(actions)}")
    fields = {field.output_variable_name: field for field in form.inputs}
    for name in inputs:
        if name not in fields:
            problems.append(f"inputs.{name}: the form has no such input")
    for name, field in fields.items():
        if name not in inputs:
            problems.append(f"inputs.{name}: required ({field.type_})")
        elif problem := _problem(field, inputs[name]):
            problems.append(f"inputs.{name}: {problem}")
    if problems:
        raise InvalidArgument("; ".join(problems), field=problems[0].partition(":")[0])


def _problem(field: FormInput, value: Any) -> str | None:
    match field.type_:
        case "paragraph":
            # The server takes anything here, and then fails the run.
            return None if isinstance(value, str) else "text is needed"
        case "select":
            options = texts(getattr(field.option_source, "value", None))
            if not isinstance(value, str) or (options and value not in options):
                return f"one of {', '.join(options)}" if options else "text is needed"
        case "file":
            return file_problem(field, value)
        case "file-list":
            if not isinstance(value, list | tuple):
                return "a list of files is needed"
            most = field.number_limits if isinstance(field.number_limits, int) else 0
            if most and len(value) > most:
                return f"at most {most} files"
            return next(filter(None, (file_problem(field, item) for item in value)), None)
    return None
