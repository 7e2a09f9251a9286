"""Replies of the human-input endpoints: read a form, submit it, let the run go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..contract import fill
from ..replies import ApiError, Reply, refuse_if, refused
from ..state import EndUser, Form, FormInput
from .inputs import read_file
from .request import ApiRequest


def _find(request: ApiRequest) -> Form:
    token = request.params["form_token"]
    form = request.world.all_forms.get(token)
    if form is None or form.run.app is not request.app:
        text = (
            f"Form not found. You have requested this URI [/v1/form/human_input/{token}] but did "
            "you mean /v1/form/human_input/<string:form_token> ?"
        )
        raise ApiError(404, "not_found", text)
    form.check_open()
    return form


async def get_human_input_form(request: ApiRequest) -> Reply:
    form = _find(request)
    return Reply(fill("HumanInputForm", form, user_actions=form.actions), line=False)


async def submit_human_input_form(request: ApiRequest) -> Reply:
    body = request.json_object()
    user = request.user(body.get("user"))
    for name in ("inputs", "action"):
        if name not in body:
            raise refused("HumanInputFormSubmitPayload", name, "missing", dict(body))
    form = _find(request)
    action, given, inputs = str(body["action"]), body["inputs"], form.step.inputs
    invalid_if(action not in form.step.actions, f"Invalid action: {action}")
    missing = [item.name for item in inputs if item.name not in given]
    invalid_if(missing, f"Missing required inputs: {', '.join(missing)}")
    form.answer = action, {one.name: _read(request, user, one, given[one.name]) for one in inputs}
    form.resume(form)
    return Reply({})


def invalid_if(condition: object, message: str) -> None:
    refuse_if(condition, message, "invalid_form_data")


def _read(request: ApiRequest, user: EndUser, item: FormInput, value: Any) -> Any:
    """Return a value; a paragraph that is no string is accepted here, and fails the run later."""
    if item.type == "select":
        odd = value not in item.options
        invalid_if(odd, f"Invalid value for select input '{item.name}': {value}")
    if not item.type.startswith("file"):
        return value
    wrong = f"Invalid value for {item.type.replace('-', ' ')} input '{item.name}'"

    def file(one: Any) -> Any:
        invalid_if(not isinstance(one, Mapping), f"{wrong}: expected mapping")
        try:
            return read_file(request.world, user, one)
        except ApiError as error:
            raise ApiError(400, "invalid_form_data", f"{wrong}: {error.message}") from None

    if item.type == "file":
        return file(value)
    invalid_if(not isinstance(value, list), f"{wrong}: expected list")
    text = f"{wrong}: Number of files exceeds the maximum limit {item.number_limits}"
    invalid_if(len(value) > item.number_limits, text)
    return [file(one) for one in value]
