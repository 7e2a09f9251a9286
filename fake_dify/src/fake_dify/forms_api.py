"""Answers of the human-input endpoints: read a form, submit it, let the run go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .engine import Execution
from .errors import ApiError, not_found, refused
from .exchange import Exchange
from .human import Form, FormInput
from .inputs import read_file
from .replies import Json, Reply
from .state import EndUser


def _find(x: Exchange) -> tuple[Form, Execution]:
    token = x.params["form_token"]
    found = x.world.forms.get(token)
    if found is None or found[0].run.app is not x.app:
        raise not_found(
            f"Form not found. You have requested this URI [/v1/form/human_input/{token}] but did "
            "you mean /v1/form/human_input/<string:form_token> ?"
        )
    return found


async def get_form(x: Exchange) -> Reply:
    form, _ = _find(x)
    form.check_open()
    return Json(form.read(), line=False)


async def submit_form(x: Exchange) -> Reply:
    body = x.json_object()
    user = x.user(body.get("user"))
    for name in ("inputs", "action"):
        if name not in body:
            model = "HumanInputFormSubmitPayload"
            raise refused(model, name, "Field required", "missing", dict(body))
    form, execution = _find(x)
    form.check_open()
    action = str(body["action"])
    if action not in form.step.actions:
        raise _invalid(f"Invalid action: {action}")
    form.answer = action, _read_values(x, user, form, body["inputs"])
    x.world.resume(form, execution)
    return Json({})


def _invalid(message: str) -> ApiError:
    return ApiError(400, "invalid_form_data", message)


def _read_values(
    x: Exchange, user: EndUser, form: Form, given: Mapping[str, Any]
) -> dict[str, Any]:
    missing = [item.name for item in form.step.inputs if item.name not in given]
    if missing:
        raise _invalid(f"Missing required inputs: {', '.join(missing)}")
    return {item.name: _read(x, user, item, given[item.name]) for item in form.step.inputs}


def _read(x: Exchange, user: EndUser, item: FormInput, value: Any) -> Any:
    """Return a value; a paragraph that is no string is accepted here, and fails the run later."""
    match item.type:
        case "select" if value not in item.options:
            raise _invalid(f"Invalid value for select input '{item.name}': {value}")
        case "file":
            return _read_file(x, user, f"file input '{item.name}'", value)
        case "file-list":
            what = f"file list input '{item.name}'"
            if not isinstance(value, list):
                raise _invalid(f"Invalid value for {what}: expected list")
            if len(value) > item.number_limits:
                text = f"Number of files exceeds the maximum limit {item.number_limits}"
                raise _invalid(f"Invalid value for {what}: {text}")
            return [_read_file(x, user, what, one) for one in value]
    return value


def _read_file(x: Exchange, user: EndUser, what: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise _invalid(f"Invalid value for {what}: expected mapping")
    try:
        return read_file(x.world, x.app.user(user.session_id), value)
    except ApiError as error:
        raise _invalid(f"Invalid value for {what}: {error.message}") from None
