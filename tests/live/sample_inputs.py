"""Values for an app's input form, and for the fields of a human-input form."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Mapping, Sequence
from typing import Any

from dify_workflow import WorkflowFile, WorkflowForm
from dify_workflow_api.models import AppParameters

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Unfillable(Exception):
    """A form with a field that there is no value for."""


def sound() -> bytes:
    """Return a tenth of a second of silence, as WAV."""
    with io.BytesIO() as file:
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(8000)
            writer.writeframes(bytes(1600))
        return file.getvalue()


def inputs_for(parameters: AppParameters, *, files: bool = False) -> dict[str, Any]:
    """Make inputs for an app's form; files: fill in optional files, too.

    Raises `Unfillable` for a required input that there is no value for.
    """
    found = {}
    for kind, field in declared(parameters):
        is_file = kind.startswith("file")
        if is_file and not (files or field.get("required")):
            continue
        try:
            found[field["variable"]] = _value(kind, field)
        except Unfillable:
            if field.get("required"):
                raise
    return found


def declared(parameters: AppParameters) -> list[tuple[str, dict[str, Any]]]:
    """Return the inputs of an app's form: type and declaration."""
    return [
        (kind, field)
        for entry in parameters.user_input_form
        for kind, field in entry.to_dict().items()
        if isinstance(field, dict) and field.get("variable")
    ]


def refused_by(parameters: AppParameters) -> dict[str, Any] | None:
    """Make inputs that an app's form refuses; None when it has no field that tells how."""
    for kind, field in declared(parameters):
        name, longest = field["variable"], field.get("max_length")
        if field.get("required") and not field.get("default"):
            return {}
        if kind in ("text-input", "paragraph") and longest:
            return {name: "x" * (longest + 1)}
    return None


def _value(kind: str, field: Mapping[str, Any]) -> Any:
    """Return something for an app's input, or for a form's field."""
    default = field.get("default")
    options = field.get("options") or (field.get("option_source") or {}).get("value") or []
    match kind:
        case "text-input" | "paragraph":
            given = default if isinstance(default, str) else ""
            return given or "hello"[: field.get("max_length") or None]
        case "select" if options:
            return default if default in options else options[0]
        case "number":
            return default or 1
        case "checkbox":
            return default if isinstance(default, bool) else True
        case "json_object":
            return default if isinstance(default, dict) else {}
        case "file":
            return a_file(field)
        case "file-list":
            return [a_file(field)]
    raise Unfillable(f"the input {_name(field)!r} is a {kind}, for which no value is known")


def _name(field: Mapping[str, Any]) -> Any:
    return field.get("variable") or field.get("output_variable_name")


def a_file(field: Mapping[str, Any]) -> WorkflowFile:
    """Make a small file that a field takes; raises `Unfillable`."""
    methods = field.get("allowed_file_upload_methods") or ["local_file"]
    kinds: Sequence[str] = field.get("allowed_file_types") or ["document"]
    if "local_file" not in methods:
        raise Unfillable(f"the input {_name(field)!r} takes files by their URL only")
    extensions = field.get("allowed_file_extensions") or [".txt"]
    text = b"A file of the live checks.\n"
    samples = {
        "document": ("live.txt", text),
        "image": ("live.png", PIXEL),
        "audio": ("live.wav", sound()),
        "custom": (f"live.{str(extensions[0]).lower().lstrip('.')}", text),
    }
    for kind in kinds:
        if kind in samples:
            file, content = samples[kind]
            return WorkflowFile.from_bytes(content, file, type=kind)
    raise Unfillable(f"the input {_name(field)!r} takes files of the type {', '.join(kinds)} only")


def reply_to(form: WorkflowForm) -> tuple[str, dict[str, Any]]:
    """Answer a form by its first action, with something in each field."""
    return form.actions[0].id, {
        field.output_variable_name: _value(field.type_, field.to_dict()) for field in form.inputs
    }
