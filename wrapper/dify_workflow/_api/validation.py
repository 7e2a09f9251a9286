"""Whether inputs and files fit an app's form (GET /parameters). No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import attrs
import dify_workflow_api.models as models

from .._codec.jsonio import to_json
from ..errors import InvalidArgument
from ..types.files import GuessedType, WorkflowFile


def file_problem(field: models.FormInput | models.InputFormField, value: Any) -> str | None:
    """Return what is wrong with a file, or None."""
    file = value.as_input() if isinstance(value, WorkflowFile) else value
    if not isinstance(file, Mapping):
        return f"a WorkflowFile is needed, not {type(value).__name__}"
    methods = texts(field.allowed_file_upload_methods)
    if methods and file.get("transfer_method") not in methods:
        return f"{file.get('transfer_method')} is not allowed, only {', '.join(methods)}"
    kinds, kind = texts(field.allowed_file_types), _fitting_type(field, file)
    if kinds and kind not in kinds:
        return f"a file of the type {kind} is not allowed, only {', '.join(kinds)}"
    extensions = [one.lower().lstrip(".") for one in texts(field.allowed_file_extensions)]
    suffix = PurePosixPath(value.name).suffix if isinstance(value, WorkflowFile) else ""
    restricted = kind == "custom" and extensions and suffix
    if restricted and suffix.lower().lstrip(".") not in extensions:
        return f"a file ending in {suffix} is not allowed, only {', '.join(extensions)}"
    return None


def _fitting_type(field: models.FormInput | models.InputFormField, file: Any) -> Any:
    """Return the type to send a file as: where we guessed it, one that its input allows."""
    kind, kinds = file.get("type"), texts(field.allowed_file_types)
    other = isinstance(kind, GuessedType) and kind not in kinds and "custom" in kinds
    return "custom" if other else kind


def fit_types(
    fields: Mapping[str, models.FormInput | models.InputFormField | None], inputs: Mapping[str, Any]
) -> None:
    """Give the files among the inputs, as they are sent, the types that their inputs allow."""
    for name, field in fields.items():
        files = inputs.get(name)
        for file in files if isinstance(files, list) else [files]:
            if field is not None and isinstance(file, dict) and "type" in file:
                file["type"] = _fitting_type(field, file)


def texts(value: Any) -> list[str]:
    """Return a list of texts that the server sent; empty for anything else."""
    return [str(item) for item in value] if isinstance(value, list) else []


# By name; None: of a type newer than this version.
InputForm = dict[str, "models.InputFormField | None"]


class InputWarning(UserWarning):
    """Inputs that do not fit the app's form, with `validate="warn"`."""


def input_form(parameters: models.AppParameters) -> InputForm:
    """Return the input form of an app; raises one of `UNREADABLE`."""
    return dict(_fields(parameters))


def problems(form: InputForm, inputs: Mapping[str, Any]) -> list[str]:
    """Return what the server would refuse, drop or misread, each with the input's name."""
    messages = [
        f"inputs.{name}: the app has no such input, and drops it"
        for name in inputs
        if name not in form
    ]
    for name, field in form.items():
        value = inputs.get(name)
        if field is None:
            continue
        if value is not None:
            problem = _problem(field, value)
        else:
            problem = "required" if field.required else None
        if problem:
            messages.append(f"inputs.{name}: {problem}")
    return messages


def error_of(messages: list[str]) -> InvalidArgument:
    """Return one error for all problems."""
    return InvalidArgument("; ".join(messages), field=messages[0].partition(":")[0])


def _fields(parameters: models.AppParameters) -> Iterator[tuple[str, models.InputFormField | None]]:
    for entry in parameters.user_input_form:
        by_type = attrs.asdict(entry, recurse=False)
        for unknown in by_type.pop("additional_properties").values():
            if isinstance(unknown, dict) and isinstance(unknown.get("variable"), str):
                yield unknown["variable"], None
        for field in filter(None, by_type.values()):
            yield str(field.variable), field


def _problem(field: models.InputFormField, value: Any) -> str | None:
    kind = type(value).__name__
    longest = field.max_length if isinstance(field.max_length, int) else 0
    if field.type_ == "file":
        unset = value == "" and not field.required
        return None if unset else file_problem(field, value)
    if field.type_ == "file-list":
        if not isinstance(value, list | tuple):
            return f"a list of files is needed, not {kind}"
        if longest and len(value) > longest:
            return f"at most {longest} files, not {len(value)}"
        return next(filter(None, (file_problem(field, item) for item in value)), None)
    value = to_json(value, f"inputs.{field.variable}")  # as it will be sent
    match field.type_:
        case "text-input" | "paragraph" | "select" if not isinstance(value, str):
            return f"text is needed, not {kind}"
        case "text-input" | "paragraph" if longest and len(value) > longest:
            return f"at most {longest} characters, not {len(value)}"
        case "select" if value not in texts(field.options):
            return f"one of {', '.join(texts(field.options))}, not {value!r}"
        case "number" if not _is_number(value):
            return f"a number is needed, not {kind}"
        case "checkbox" if not isinstance(value, bool):
            return f"True or False is needed, not {kind}"
        case "json_object" if not isinstance(value, dict):
            return f"a mapping is needed, not {kind}"
    return None


def _is_number(value: Any) -> bool:
    """Return whether the server reads it as a number; an empty text counts as left out."""
    if isinstance(value, str) and value.strip():
        try:
            float(value) if "." in value else int(value)
        except ValueError:
            return False
    return isinstance(value, int | float | str) and not isinstance(value, bool)
