"""Decoded JSON to generated models."""

from __future__ import annotations

import email.utils
from collections.abc import Callable
from datetime import UTC
from typing import Any

import dify_workflow_api.models as models

from .jsonio import loads

# What the generated code raises when a value has not the form the contract says.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


def reader(model: str) -> Callable[[Any], Any]:
    """Return a function that turns decoded JSON into the generated model of this name."""
    return lambda raw: read(model, raw)


def read(model: str, raw: Any) -> Any:
    """Build a generated model; keys that the server left out become None.

    Raises one of `UNREADABLE` when the value cannot be this model.
    """
    made = getattr(models, model).from_dict(raw)
    if len(made.additional_properties) == len(raw):
        raise KeyError(f"{model}: an object with other keys")
    return made


def normalised_run(raw: Any) -> Any:
    """Bring a run's data of any server version into today's form.

    `outputs` as JSON text (to 1.12) or null becomes an object, RFC 822 dates (to 1.1) unix seconds.
    """
    if not isinstance(raw, dict):
        return raw
    run = dict(raw)
    run["outputs"] = as_object(run.get("outputs"))
    for key in ("created_at", "finished_at"):
        if isinstance(run.get(key), str):
            run[key] = _unix_seconds(run[key])
    return run


def _unix_seconds(text: str) -> int:
    when = email.utils.parsedate_to_datetime(text)
    if when.tzinfo is None:  # the zone "-0000", which those servers write, is UTC
        when = when.replace(tzinfo=UTC)
    return int(when.timestamp())


def as_object(value: Any) -> Any:
    """Return the object that a JSON text holds; null and an empty text are an empty object."""
    if isinstance(value, str):
        try:
            value = loads(value.encode("utf-8", "surrogatepass")) if value else None
        except (ValueError, RecursionError):
            return value
    return {} if value is None else value


def as_text(value: Any) -> str:
    """Return a text of the server's; null is the empty text, anything else as Python shows it."""
    return value if isinstance(value, str) else "" if value is None else str(value)
