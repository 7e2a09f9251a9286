"""Replies of the human-input endpoints: read a form, submit it, let the run go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..contract import contract
from ..errors import ApiError, not_found, refused
from ..replies import Json, Reply
from ..state import EndUser, Form, FormInput
from .inputs import read_file
from .request import ApiRequest


def _find(request: ApiRequest) -> Form:
    token = request.params["form_token"]
    form = request.world.forms.get(token)
    if form is None or form.run.app is not request.app:
        raise not_found(
            f"Form not found. You have requested this URI [/v1/form/human_input/{token}] but did "
            "you mean /v1/form/human_input/<string:form_token> ?"
        )
    return form


async def get_form(request: ApiRequest) -> Reply:
    form = _find(request)
    form.check_open()
    told = contract().fill(
        "HumanInputForm",
        form,
        form_content=form.content,
        inputs=form.fields,
        resolved_default_values=form.defaults,
        user_actions=form.actions,
    )
    return Json(told, line=False)


async def submit_form(request: ApiRequest) -> Reply:
    body = request.json_object()
    user = request.user(body.get("user"))
    for name in ("inputs", "action"):
        if name not in body:
            model = "HumanInputFormSubmitPayload"
            raise refused(model, name, "Field required", "missing", dict(body))
    form = _find(request)
    form.check_open()
    action, given = str(body["action"]), body["inputs"]
    if action not in form.step.actions:
        raise _invalid(f"Invalid action: {action}")
    missing = [item.name for item in form.step.inputs if item.name not in given]
    if missing:
        raise _invalid(f"Missing required inputs: {', '.join(missing)}")
    values = {item.name: _read(request, user, item, given[item.name]) for item in form.step.inputs}
    form.answer = action, values
    form.resume(form)
    return Json({})


def _invalid(message: str) -> ApiError:
    return ApiError(400, "invalid_form_data", message)


def _read(request: ApiRequest, user: EndUser, item: FormInput, value: Any) -> Any:
    """Return a value; a paragraph that is no string is accepted here, and fails the run later."""
    match item.type:
        case "select" if value not in item.options:
            raise _invalid(f"Invalid value for select input '{item.name}': {value}")
        case "file":
            return _read_file(request, user, f"file input '{item.name}'", value)
        case "file-list":
            what = f"file list input '{item.name}'"
            if not isinstance(value, list):
                raise _invalid(f"Invalid value for {what}: expected list")
            if len(value) > item.number_limits:
                text = f"Number of files exceeds the maximum limit {item.number_limits}"
                raise _invalid(f"Invalid value for {what}: {text}")
            return [_read_file(request, user, what, one) for one in value]
    return value


def _read_file(request: ApiRequest, user: EndUser, what: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise _invalid(f"Invalid value for {what}: expected mapping")
    try:
        return read_file(request.world, user, value)
    except ApiError as error:
        raise _invalid(f"Invalid value for {what}: {error.message}") from None
