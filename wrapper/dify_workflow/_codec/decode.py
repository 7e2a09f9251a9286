"""Decoded JSON to generated models: fill in what may be missing, then build."""

from __future__ import annotations

import email.utils
from collections.abc import Callable
from datetime import UTC
from typing import Any

import dify_workflow_api.models as models
from dify_workflow_api.keys import KEYS

from .jsonio import loads

# What the generated code raises when a value has not the form the contract says.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)

_FLAT = frozenset(model for model, keys in KEYS.items() if not any(keys.values()))


def reader(model: str) -> Callable[[Any], Any]:
    """Return a function that turns decoded JSON into the generated model of this name."""
    return lambda raw: read(model, raw)


def read(model: str, raw: Any) -> Any:
    """Build a generated model; keys that the server left out become None.

    Raises one of `UNREADABLE` when the value cannot be this model.
    """
    filled = fill(model, raw)
    if raw.keys().isdisjoint(KEYS[model]):
        raise KeyError(f"{model}: an object with other keys")
    return getattr(models, model).from_dict(filled)


def fill(model: str, raw: Any) -> dict[str, Any]:
    """Return an object with every key of the model and of its nested models."""
    if not isinstance(raw, dict):
        raise TypeError(f"{model}: an object is needed")
    keys = KEYS[model]
    if model in _FLAT and keys.keys() <= raw.keys():
        return raw
    filled = dict(raw)
    for key, nested in keys.items():
        value = filled.setdefault(key, None)
        if nested is None or value is None:
            continue
        if isinstance(nested, str):
            filled[key] = fill(nested, value)
        elif isinstance(value, list):
            filled[key] = [fill(nested[0], item) for item in value]
    return filled


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
