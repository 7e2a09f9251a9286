"""The settings of a client and of a single call, checked once and kept together."""

from __future__ import annotations

import inspect
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, TypedDict, TypeVar

import attrs
import httpx
from attrs.validators import optional
from dify_workflow_api.filters import LOG_FILTERS
from dify_workflow_api.operations import BODIES

from ._codec.jsonio import is_one_of, to_json
from ._codec.sse import DEFAULT_MAX_EVENT_BYTES
from .errors import InvalidArgument, invalid
from .types.forms import OnHumanInput
from .types.requests import (
    CHECKED_FIELDS,
    REQUEST_FIELDS,
    ResponseMode,
    Secret,
    checked_field,
    refuse_two,
    usable,
)

DEFAULT_USER = "dify-workflow"
# The read time-out is for plain requests; streams have limits of their own (see `_runs.start`).
DEFAULT_TIMEOUT = httpx.Timeout(connect=10.0, pool=10.0, write=60.0, read=60.0)
DEFAULT_RETRIES = 3
LONGEST = 1e9  # s; systems wait no longer than some hundred years
# Characters; one more and the server answers 500.
_MAX_USER: int = BODIES["RunWorkflowBody"]["user"]["maxLength"]
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Seconds = float | timedelta
Timeout = httpx.Timeout | Seconds | None
_Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]
Validate = Literal["off", "warn", "strict"]


class CallOptions(TypedDict, total=False):
    """The options of any call; `Options` says what each is."""

    api_key: str | Secret | None
    user: str | None
    timeout: Timeout
    max_retries: int | None
    extra_headers: Mapping[str, str] | None
    max_response_bytes: int | None


class RunOptions(CallOptions, total=False):
    """The further options of a run, which a client takes as defaults."""

    files: Sequence[Any] | None
    workflow_id: str | None
    response_mode: ResponseMode | None
    trace_id: str | None
    trace_session_id: str | None
    deadline: Seconds | None
    extra_body: Mapping[str, Any] | None
    stop_on_exit: bool | None
    unique_user: bool | None
    run_key_input: str | None
    validate: Validate | None
    on_human_input: OnHumanInput | None
    read_ahead: bool | None
    max_event_bytes: int | None


class RunArguments(RunOptions, total=False):
    """The arguments of a call that starts a run, beside a request or instead of it."""

    inputs: Mapping[str, Any] | None


def _user(value: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise invalid("user", "a non-empty string is needed")
    if len(value) > _MAX_USER:
        raise invalid("user", f"at most {_MAX_USER} characters")
    user: str = to_json(value, "user")
    return user


def unique_user(user: str, digits: int) -> str:
    """Return a user that nobody else is, by so many random hex digits behind this one."""
    return f"{user[: _MAX_USER - digits - 1]}-{uuid.uuid4().hex[:digits]}"


class RequestTimeout(httpx.Timeout):
    """A number of seconds: for each plain request, not for the silence of a stream."""


def in_seconds(value: Any) -> Any:
    """Return a timedelta in seconds, and anything else as it is."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def _is_seconds(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value < LONGEST


def _timeout(value: Timeout) -> httpx.Timeout:
    seconds = in_seconds(value)
    if isinstance(seconds, httpx.Timeout):
        parts = seconds.as_dict().values()
        good = all(part is None or part == 0 or _is_seconds(part) for part in parts)
    else:
        good = seconds is None or _is_seconds(seconds)
    if not good:
        raise invalid(
            "timeout", "seconds above 0, a timedelta, an httpx.Timeout, or None for no limit"
        )
    if seconds is None or isinstance(seconds, httpx.Timeout):
        return seconds or httpx.Timeout(None)
    return RequestTimeout(seconds)


def _must(test: Callable[[Any], object], what: str) -> _Validator:
    """Return a validator; those of attrs raise other errors, and take True for a number."""

    def check(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not test(value):
            raise invalid(attribute.name, what)

    return check


def _count(least: int) -> _Validator:
    return _must(
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least,
        f"a whole number, {least} or more",
    )


_yes_or_no = _must(lambda value: isinstance(value, bool), "True or False")
_name = _must(
    lambda value: isinstance(value, str) and value.strip() and to_json(value, "run_key_input"),
    "a name, not empty",
)
_function = _must(callable, "a function")
_validate = _must(
    lambda value: is_one_of(value, ("off", "warn", "strict")), '"off", "warn" or "strict"'
)


def _seconds(value: Seconds | None) -> float | None:
    seconds = in_seconds(value)
    if seconds is None:
        return None
    if not _is_seconds(seconds):
        raise invalid("deadline", "a number of seconds above 0, or a timedelta")
    return float(seconds)


def _body(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise invalid("extra_body", "a mapping")
    body: dict[str, Any] = to_json(value, "extra_body")
    return body


def checked_headers(value: Any, given: str = "extra_headers") -> dict[str, str]:
    """Return headers with names in lower case; `given` is the argument that an error names."""
    if not isinstance(value, Mapping):
        raise invalid(given, "a mapping")
    headers = {}
    for name, text in value.items():
        if not isinstance(name, str) or not _HEADER.fullmatch(name):
            raise invalid(given, f"{name!r} names no header")
        if name.lower() in _FRAMING:
            raise invalid(given, f"{name!r} is set for each request by what it carries")
        if not isinstance(text, str) or not text.isascii() or not text.isprintable():
            raise invalid(given, f"{name} must be printable ASCII text")
        headers[name.lower()] = text.strip()
    return headers


# What a request is cut out by, and where it goes.
_FRAMING = ("connection", "content-length", "host", "transfer-encoding")


@attrs.frozen(kw_only=True)
class Options:
    """The settings that a call is made with.

    Attributes:
        inputs: The values of the app's input form by variable name.
        api_key: The app's key ("app-..."); a client has it from DIFY_API_KEY if not given.
        user: Whom runs and files belong to, at most 255 characters; a client's: DIFY_USER.
        files: Go to `sys.files`; files of the form belong in `inputs`.
        workflow_id: Run that published version; Dify 1.7.2 and later.
        response_mode: "blocking" sends one blocking request, which a proxy's time-out can lose.
        trace_id: Handed on to the server's tracing.
        trace_session_id: As `trace_id`, to group runs.
        timeout: Seconds for a plain request, None for no limit; an httpx.Timeout, for streams too.
        max_retries: How often a request is sent again; None: 3 times, "too many requests" of a run
            until `deadline`.
        extra_headers: Sent besides those of the client.
        max_response_bytes: A larger response, decompressed, raises `ResponseTooLarge`.
        deadline: Seconds for the whole run.
        extra_body: Added to the JSON body; what the request sets itself is refused.
        stop_on_exit: Stop the run when its stream is left early.
        unique_user: Give the run a user of its own, so that it can always be found again.
        run_key_input: The name of a declared input that carries a key of ours, for the same.
        validate: Check the inputs against the app's form: "off", "warn" or "strict".
        on_human_input: Answers the forms of a paused run, see `run_workflow`.
        read_ahead: Read in the background, so that a slow consumer loses nothing.
        max_event_bytes: A larger event of a stream raises `EventTooLarge`.
    """

    api_key: Secret | None = attrs.field(default=None, converter=usable)
    user: str = attrs.field(default=DEFAULT_USER, converter=_user)
    timeout: httpx.Timeout = attrs.field(default=DEFAULT_TIMEOUT, converter=_timeout)
    files: Sequence[Any] | None = None
    workflow_id: str | None = None
    response_mode: ResponseMode | None = None
    trace_id: str | None = None
    trace_session_id: str | None = None
    max_retries: int | None = attrs.field(default=None, validator=optional(_count(0)))
    extra_headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    deadline: float | None = attrs.field(default=None, converter=_seconds)
    extra_body: Mapping[str, Any] = attrs.field(factory=dict, converter=_body)
    stop_on_exit: bool = attrs.field(default=False, validator=_yes_or_no)
    unique_user: bool = attrs.field(default=False, validator=_yes_or_no)
    run_key_input: str | None = attrs.field(default=None, validator=optional(_name))
    read_ahead: bool = attrs.field(default=False, validator=_yes_or_no)
    # None: typed requests are checked, others are not.
    validate: Validate | None = attrs.field(default=None, validator=optional(_validate))
    on_human_input: OnHumanInput | None = attrs.field(
        default=None, repr=False, validator=optional(_function)
    )
    max_event_bytes: int = attrs.field(default=DEFAULT_MAX_EVENT_BYTES, validator=_count(1))
    max_response_bytes: int = attrs.field(default=DEFAULT_MAX_EVENT_BYTES, validator=_count(1))

    @property
    def retries(self) -> int:
        """How often a request is sent again."""
        return DEFAULT_RETRIES if self.max_retries is None else self.max_retries

    def merged(self, call_options: Mapping[str, Any], request: Any = None) -> Options:
        """Return these settings with what a call was given; headers add up, None changes nothing.

        What a request has stands above all others. Raises `InvalidArgument` for an unknown name, a
        bad value, and for a request and a call that say different things.
        """
        changes: dict[str, Any] = {}
        for name, value in call_options.items():
            if name not in _NAMES:
                raise unknown(name, _NAMES)
            if value is not None or name == "timeout":
                changes[name] = value
        for name in REQUEST_FIELDS:
            if (value := getattr(request, name, None)) is not None:
                if name in changes:
                    refuse_two(name, value, changes[name])
                changes[name] = value
            if name in changes and name in CHECKED_FIELDS:
                changes[name] = checked_field(name, changes[name])
        if "extra_headers" in changes:
            headers = {**self.extra_headers, **checked_headers(changes["extra_headers"])}
            changes["extra_headers"] = headers
        return attrs.evolve(self, **changes) if changes else self

    def key(self) -> Secret:
        """Return the API key; raises `InvalidArgument` when there is none."""
        if self.api_key is None:
            raise invalid("api_key", "none given; pass api_key= or set DIFY_API_KEY")
        return self.api_key


_NAMES = frozenset(field.name for field in attrs.fields(Options))


def unknown(name: str, known: Collection[str]) -> InvalidArgument:
    """Return the error for an option that there is not; it has the nearest name first."""
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}? There" if near else "there"
    return invalid(name, f"unknown option; {meant} are {', '.join(sorted(known))}")


def no_inputs(options: Mapping[str, Any]) -> InvalidArgument:
    """Return the error for a run without inputs; a name that is no option is shown as an input."""
    name = next((name for name in options if name not in _NAMES), "text")
    return invalid("inputs", f"none given; inputs go in a mapping: run_workflow({{{name!r}: ...}})")


_F = TypeVar("_F", bound=Callable[..., Any])
_Table = type[Any]
_ENTRY = re.compile(r"\n    (?=\w+: )")


def show_options(function: _F, kind: _Table, *tables: _Table) -> _F:
    """Let `help()` and `inspect.signature` show each option of a function that takes `**options`.

    kind: the TypedDict of the options. tables: attrs classes with defaults, besides `Options`.
    What each is, their docstrings say; of a filter, the contract.
    """
    tables = (Options, *tables)
    defaults = {field.name: field.default for table in tables for field in attrs.fields(table)}
    lines = {name: f"{name}: {rule['description']}" for name, rule in LOG_FILTERS.items()}
    lines.update(entry for table in (*tables, kind) for entry in _described(table))
    signature = inspect.signature(function)
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if isinstance(defaults.get(name), attrs.Factory) else defaults.get(name),  # type: ignore[arg-type]
            annotation=getattr(annotation, "__forward_arg__", annotation),
        )
        for name, annotation in sorted(
            kind.__annotations__.items(), key=lambda one: one[0] != "inputs"
        )
        if name not in signature.parameters
    ]
    kept = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    shown = signature.replace(parameters=[*kept, *options])
    function.__signature__ = shown  # type: ignore[attr-defined]
    if options:
        described = "\n".join(f"    {lines[one.name]}" for one in options if one.name in lines)
        own = inspect.cleandoc(function.__doc__ or "")
        function.__doc__ = f"{own}\n\nOptions:\n{described}".lstrip()
    return function


def _described(table: _Table) -> Iterator[tuple[str, str]]:
    text = inspect.cleandoc(table.__doc__ or "").partition("\nAttributes:")[2]
    for entry in _ENTRY.split(text)[1:]:
        yield entry.partition(":")[0], entry.rstrip()
