"""Checks the inputs of a run against the app's declared inputs, with Dify's own error texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..files import FileValue
from ..replies import INTERNAL, ApiError, as_uuid, invalid_param, refuse_if
from ..state import App, EndUser, Input
from ..world import World

WRONG_TYPE = "Detected file type does not match the specified type. Please verify the file."


def read_inputs(world: World, app: App, user: EndUser, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of the run: checked, converted, undeclared ones dropped.

    An app without declared inputs takes everything; file objects in it are recognised.
    """
    if app.form is None:
        return {name: _loose(world, user, value) for name, value in given.items()}
    values = [(item, _value(world, item, given.get(item.variable))) for item in app.form]
    return {item.variable: _with_files(world, item, user, value) for item, value in values}


def _loose(world: World, user: EndUser, value: Any) -> Any:
    if isinstance(value, Mapping) and "transfer_method" in value:
        return read_file(world, user, value)
    if isinstance(value, list):
        return [_loose(world, user, item) for item in value]
    return value.replace("\0", "") if isinstance(value, str) else value  # as Dify does


def _value(world: World, item: Input, value: Any) -> Any:
    name, most = f"{item.variable} in input form", item.max_length
    if value is None:
        refuse_if(item.required, f"{item.variable} is required in input form")
        return item.default
    must: str | None = None
    match item.type:
        case "number":
            return _number(name, value)
        case "checkbox":
            if isinstance(value, bool) or world.rules.coerces_checkbox:
                return bool(value)
            must = "a valid boolean value"
        case "json_object":
            must = None if isinstance(value, dict) else "a dict"
        case "file":
            if value == "":
                return None
            must = None if isinstance(value, dict) else "a file"
        case "file-list":
            if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
                must = "a list of files"
            elif most is not None and len(value) > most:
                must = f"less than {most} files"
        case _ if not isinstance(value, str):
            name, must = f"(type '{item.type}') {name}", "a string"
        case "select" if value not in item.options:
            must = f"one of the following: {list(item.options)}"
        case _:
            if most is not None and len(value) > most:
                must = f"less than {most} characters"
            value = value.replace("\0", "")
    refuse_if(must, f"{name} must be {must}")
    return value


def _number(name: str, value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        text = f"expected value type int, float or str, got {type(value)}, value: {value}"
        raise ApiError(500, "internal_server_error", text, shown=INTERNAL)
    try:
        return None if value == "" else float(value) if "." in value else int(value)
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
    method, kind = given.get("transfer_method"), str(given.get("type", "custom"))
    text = "No matching enum found for value 'None'"
    if world.rules.since(1, 10):
        text = "transfer_method is required in file mapping"
    refuse_if(not method, text)
    if method == "remote_url":
        url = given.get("url") or given.get("remote_url")
        refuse_if(not url, "Invalid file url")
        reached = re.match(r"https?://[^\s/]", str(url))
        refuse_if(not reached, f"Reached maximum retries (3) for URL {url}")
        return FileValue(None, kind, str(url))
    odd = invalid_param("Invalid upload file id format")
    stored = world.files.files.get(as_uuid(given.get("upload_file_id"), odd))
    owned = stored is not None and (stored.owner == user.id or not world.rules.owner_checked)
    if stored is None or not owned or stored.app_id != user.app_id:
        raise invalid_param("Invalid upload file")
    refuse_if(kind not in ("custom", world.file_type(stored)), WRONG_TYPE)
    allowed = item is None or item.takes(kind, f".{stored.extension.lower()}")
    refuse_if(not allowed, f"File validation failed for file: {stored.name}")
    return FileValue(stored, kind)
