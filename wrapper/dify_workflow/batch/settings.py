"""The options of a batch, checked."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

import attrs

from .. import DifyError, RunOptions, errors
from ..errors import invalid
from ..options import LONGEST, Options, Seconds, in_seconds, unknown
from .cells import Inputs

# What every further row would meet too.
STOP_ON: tuple[type[DifyError], ...] = (
    errors.AuthenticationError,
    errors.PermissionDenied,
    errors.AppUnavailable,
    errors.QuotaExceeded,
    errors.RedirectRefused,
    errors.RouteNotFound,
)


class BatchOptions(RunOptions, total=False):
    """The options of a batch, besides those of its runs.

    Attributes:
        key: The column that names a row; None: its number, from 1 on.
        encoding: Of a file of rows; None: UTF-8, or UTF-16 with its mark.
        inputs: Columns, or a function of the row; None: all columns but the key.
        concurrency: Rows under way at most.
        executor: Where they are run; None: in threads.
        stop_on: Errors that end the batch, and not only a row.
        patience: Seconds in which the server refuses everything, and the batch still waits.
        lookup_seconds: How long a run that was in flight may take to be in the logs.
        rerun_unknown: Run a row again of which the logs prove nothing.
    """

    key: str | None
    encoding: str | None
    inputs: Inputs
    concurrency: int | None
    executor: Executor | None
    stop_on: tuple[type[DifyError], ...] | None
    patience: Seconds | None
    lookup_seconds: Seconds | None
    rerun_unknown: bool | None


def _is_name(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise invalid("key", "the name of a column")


def _is_seconds(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (number and 0 <= value < LONGEST):
        raise invalid(attribute.name, "a number of seconds from 0 to 999,999,999, or a timedelta")


def _is_count(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < LONGEST:
        raise invalid("concurrency", "a whole number from 1 to 999,999,999")


def _are_errors(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    kinds = isinstance(value, tuple) and all(isinstance(kind, type) for kind in value)
    if not kinds or not all(issubclass(kind, DifyError) for kind in value):
        raise invalid("stop_on", "a tuple of exception classes")


def _is_encoding(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    try:
        "a".encode(value or "utf-8")
    except (LookupError, TypeError, ValueError):
        raise invalid("encoding", "of text, such as utf-8, utf-16, gb18030 or cp1252") from None


def _are_inputs(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    names = isinstance(value, Sequence) and not isinstance(value, str)
    if not (value is None or callable(value) or names):
        raise invalid("inputs", "names of columns, or a function")


def _is_executor(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not isinstance(value, Executor):
        raise invalid("executor", "a concurrent.futures.Executor")


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a batch; raises `InvalidArgument`."""

    key: str | None = attrs.field(default=None, validator=_is_name)
    encoding: str | None = attrs.field(default=None, validator=_is_encoding)
    inputs: Inputs = attrs.field(default=None, validator=_are_inputs)
    concurrency: int = attrs.field(default=8, validator=_is_count)
    executor: Executor | None = attrs.field(default=None, validator=_is_executor)
    stop_on: tuple[type[DifyError], ...] = attrs.field(default=STOP_ON, validator=_are_errors)
    patience: float = attrs.field(default=600.0, converter=in_seconds, validator=_is_seconds)
    lookup_seconds: float | None = attrs.field(
        default=None, converter=in_seconds, validator=_is_seconds
    )
    rerun_unknown: bool = False


def split(options: BatchOptions) -> tuple[Settings, dict[str, Any]]:
    """Return the settings of a batch and the options of its runs."""
    names = {field.name for field in attrs.fields(Settings)}
    ours = {name: value for name, value in options.items() if name in names and value is not None}
    theirs = {name: value for name, value in options.items() if name not in names}
    known = names | {field.name for field in attrs.fields(Options)}
    for name in theirs:
        if name not in known:
            raise unknown(name, known)
    for name, why in (
        ("unique_user", "every row has a user of its own"),
        ("on_human_input", "a row that pauses is `paused`; `resume` goes on with its run"),
    ):
        if theirs.get(name) is not None:
            raise invalid(name, f"not in a batch; {why}")
    return Settings(**ours), theirs  # type: ignore[arg-type]
