"""Checks the inputs of a run against the app's declared inputs, with Dify's own error texts."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from attrs import define

from ..errors import invalid_param
from ..files import FileValue
from ..state import App, EndUser, Input
from ..world import World

WRONG_TYPE = "Detected file type does not match the specified type. Please verify the file."


@define
class BadNumber(Exception):
    """A number given as an object: answered 500 over plain HTTP, with this text in a stream."""

    message: str


def read_inputs(world: World, app: App, user: EndUser, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of the run: checked, converted, undeclared ones dropped.

    An app without declared inputs takes everything; file objects in it are recognised.
    """
    if app.form is None:
        return {name: _loose(world, user, value) for name, value in given.items()}
    values = {item.variable: _value(world, item, given.get(item.variable)) for item in app.form}
    return {
        item.variable: _with_files(world, item, user, values[item.variable]) for item in app.form
    }


def _loose(world: World, user: EndUser, value: Any) -> Any:
    if isinstance(value, Mapping) and "transfer_method" in value:
        return read_file(world, user, value)
    if isinstance(value, list):
        return [_loose(world, user, item) for item in value]
    return value.replace("\0", "") if isinstance(value, str) else value  # as Dify does


def _value(world: World, item: Input, value: Any) -> Any:
    name = f"{item.variable} in input form"
    if value is None:
        if item.required:
            raise invalid_param(f"{item.variable} is required in input form")
        return item.default
    match item.type:
        case "text-input" | "paragraph" | "select":
            return _text(item, value)
        case "number":
            return _number(name, value)
        case "checkbox":
            if not isinstance(value, bool) and not world.rules.coerces_checkbox:
                raise invalid_param(f"{name} must be a valid boolean value")
            return bool(value)
        case "json_object" if not isinstance(value, dict):
            raise invalid_param(f"{name} must be a dict")
        case "file" if value == "":
            return None
        case "file" if not isinstance(value, dict):
            raise invalid_param(f"{name} must be a file")
        case "file-list" if not _is_list_of_objects(value):
            raise invalid_param(f"{name} must be a list of files")
        case "file-list" if item.max_length is not None and len(value) > item.max_length:
            raise invalid_param(f"{name} must be less than {item.max_length} files")
    return value


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _text(item: Input, value: Any) -> str:
    name = f"{item.variable} in input form"
    if not isinstance(value, str):
        raise invalid_param(f"(type '{item.type}') {name} must be a string")
    if item.type == "select" and value not in item.options:
        raise invalid_param(f"{name} must be one of the following: {list(item.options)}")
    if item.max_length is not None and len(value) > item.max_length:
        raise invalid_param(f"{name} must be less than {item.max_length} characters")
    return value.replace("\0", "")


def _number(name: str, value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        text = f"expected value type int, float or str, got {type(value)}, value: {value}"
        raise BadNumber(text)
    if value == "":
        return None
    try:
        return float(value) if "." in value else int(value)
    except ValueError:
        raise invalid_param(f"{name} must be a valid number") from None


def _with_files(world: World, item: Input, user: EndUser, value: Any) -> Any:
    if value is None or not item.type.startswith("file"):
        return value
    if item.type == "file":
        return read_file(world, user, value, item)
    return [read_file(world, user, one, item) for one in value]


def read_file(
    world: World, user: EndUser, given: Mapping[str, Any], item: Input | None = None
) -> FileValue:
    """Return the file that an input names; raise Dify's error when it may not be used."""
    method = given.get("transfer_method")
    if not method:
        text = "transfer_method is required in file mapping"
        old_text = "No matching enum found for value 'None'"
        raise invalid_param(text if world.rules.since(1, 10) else old_text)
    kind = str(given.get("type", "custom"))
    if method == "remote_url":
        url = given.get("url") or given.get("remote_url")
        if not url:
            raise invalid_param("Invalid file url")
        if not re.match(r"https?://[^\s/]", str(url)):
            raise invalid_param(f"Reached maximum retries (3) for URL {url}")
        return FileValue(None, kind, str(url))
    try:
        file_id = str(uuid.UUID(str(given.get("upload_file_id"))))
    except ValueError:
        raise invalid_param("Invalid upload file id format") from None
    stored = world.files.files.get(file_id)
    owned = stored is not None and (stored.owner == user.id or not world.rules.owner_checked)
    if stored is None or not owned or stored.app_id != user.app_id:
        raise invalid_param("Invalid upload file")
    if kind != "custom" and world.file_type(stored) != kind:
        raise invalid_param(WRONG_TYPE)
    if item is not None and kind not in item.allowed_file_types:
        raise invalid_param(f"File validation failed for file: {stored.name}")
    return FileValue(stored, kind)
