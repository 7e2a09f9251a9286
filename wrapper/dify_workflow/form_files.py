"""Whether a file fits a field of an app's form or of a human-input form. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from .workflow_file import WorkflowFile

if TYPE_CHECKING:
    from dify_workflow_api.models import FormInput, InputFormField


def file_problem(field: FormInput | InputFormField, value: Any) -> str | None:
    """Return what is wrong with a file, or None."""
    given = value.as_input() if isinstance(value, WorkflowFile) else value
    if not isinstance(given, Mapping):
        return f"a WorkflowFile is needed, not {type(value).__name__}"
    methods = texts(field.allowed_file_upload_methods)
    if methods and given.get("transfer_method") not in methods:
        return f"{given.get('transfer_method')} is not allowed, only {', '.join(methods)}"
    kinds = texts(field.allowed_file_types)
    if kinds and given.get("type") not in kinds:
        return f"a file of the type {given.get('type')} is not allowed, only {', '.join(kinds)}"
    extensions = [known.lower().lstrip(".") for known in texts(field.allowed_file_extensions)]
    suffix = PurePosixPath(value.name).suffix if isinstance(value, WorkflowFile) else ""
    restricted = given.get("type") == "custom" and extensions and suffix
    if restricted and suffix.lower().lstrip(".") not in extensions:
        return f"a file ending in {suffix} is not allowed, only {', '.join(extensions)}"
    return None


def texts(value: Any) -> list[str]:
    """Return a list of texts that the server sent; empty for anything else."""
    return [str(item) for item in value] if isinstance(value, list) else []
