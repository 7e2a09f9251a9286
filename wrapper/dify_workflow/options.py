"""The settings of a client and of a single call, checked once and kept together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypedDict

import attrs
import httpx
from attrs.validators import optional
from dify_workflow_api.operations import BODIES

from ._codec.jsonio import plain
from ._codec.sse import DEFAULT_MAX_EVENT_BYTES
from .errors import InvalidArgument
from .types.forms import WorkflowForm
from .types.requests import Secret, usable

DEFAULT_USER = "dify-workflow"
# The read time-out is for plain requests; streams have limits of their own (see `_runs.start`).
DEFAULT_TIMEOUT = httpx.Timeout(connect=10.0, pool=10.0, write=60.0, read=60.0)
DEFAULT_RETRIES = 3
_LONGEST = 1e9  # s; systems wait no longer than some hundred years
# Characters; one more and the server answers 500.
_MAX_USER: int = BODIES["RunWorkflowBody"]["user"]["maxLength"]
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Timeout = httpx.Timeout | float | None
_Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]
Validate = Literal["off", "warn", "strict"]


class CallOptions(TypedDict, total=False):
    """What any single call can be given; each stands above the client's own setting."""

    api_key: str | Secret | None
    user: str
    timeout: Timeout  # seconds for one plain request, or an httpx.Timeout, for streams too
    max_retries: int  # 3 if not given; see `deadline`
    extra_headers: Mapping[str, str]
    max_response_bytes: int  # a larger response, decompressed, raises ResponseTooLarge; 256 MiB


class RunOptions(CallOptions, total=False):
    """What a run can be given besides."""

    # Seconds for the whole run. Until then "too many requests" is retried, unless max_retries is
    # given.
    deadline: float
    extra_body: Mapping[str, Any]  # added to the JSON body; what the request sets itself is refused
    stop_on_exit: bool  # stop the run when its stream is left early
    unique_user: bool  # give the run a user of its own, so that it can always be found again
    run_key_input: str  # the name of a declared input that carries a key of ours, for the same
    validate: Validate  # check the inputs against the app's form, fetched once in ten minutes
    on_human_input: Callable[[WorkflowForm], Any]  # answers forms, see `run_workflow`
    read_ahead: bool  # read in the background, so that a slow consumer loses nothing
    max_event_bytes: int  # a larger event of a stream raises EventTooLarge; 256 MiB if not given


def _user(value: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgument("user: a non-empty string is needed", field="user")
    if len(value) > _MAX_USER:
        raise InvalidArgument(f"user: at most {_MAX_USER} characters", field="user")
    user: str = plain(value, "user")
    return user


def _is_seconds(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value < _LONGEST


class RequestTimeout(httpx.Timeout):
    """A number of seconds: for each plain request, not for the silence of a stream."""


def _timeout(value: Timeout) -> httpx.Timeout:
    if isinstance(value, httpx.Timeout):
        parts = value.as_dict().values()
        good = all(part is None or part == 0 or _is_seconds(part) for part in parts)
    else:
        good = value is None or _is_seconds(value)
    if not good:
        raise InvalidArgument(
            "timeout: seconds above 0, an httpx.Timeout, or None for no limit", field="timeout"
        )
    if value is None or isinstance(value, httpx.Timeout):
        return value or httpx.Timeout(None)
    return RequestTimeout(value)


def _must(test: Callable[[Any], object], what: str) -> _Validator:
    """Return a validator; those of attrs raise other errors, and take True for a number."""

    def check(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not test(value):
            raise InvalidArgument(f"{attribute.name}: {what}", field=attribute.name)

    return check


def _count(least: int) -> _Validator:
    return _must(
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least,
        f"a whole number, {least} or more",
    )


_yes_or_no = _must(lambda value: isinstance(value, bool), "True or False")
_name = _must(lambda value: isinstance(value, str) and value.strip(), "a name, not empty")
_function = _must(callable, "a function")
_validate = _must(lambda value: value in ("off", "warn", "strict"), '"off", "warn" or "strict"')


def _seconds(value: float | None) -> float | None:
    if value is None:
        return None
    if not _is_seconds(value):
        raise InvalidArgument("deadline: a number of seconds above 0", field="deadline")
    return float(value)


def _body(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidArgument("extra_body: a mapping", field="extra_body")
    body: dict[str, Any] = plain(value, "extra_body")
    return body


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidArgument("extra_headers: a mapping", field="extra_headers")
    headers = {}
    for name, text in value.items():
        if not isinstance(name, str) or not _HEADER.fullmatch(name):
            raise InvalidArgument(f"extra_headers: {name!r} names no header", field="extra_headers")
        if name.lower() in _FRAMING:
            raise InvalidArgument(
                f"extra_headers: {name!r} is set for each request by what it carries",
                field="extra_headers",
            )
        if not isinstance(text, str) or not text.isascii() or not text.isprintable():
            raise InvalidArgument(
                f"extra_headers: {name} must be printable ASCII text", field="extra_headers"
            )
        headers[name.lower()] = text.strip()
    return headers


# What a request is cut out by, and where it goes.
_FRAMING = ("connection", "content-length", "host", "transfer-encoding")


@attrs.frozen(kw_only=True)
class Options:
    """The settings that a call is made with."""

    api_key: Secret | None = attrs.field(default=None, converter=usable)
    user: str = attrs.field(default=DEFAULT_USER, converter=_user)
    timeout: httpx.Timeout = attrs.field(default=DEFAULT_TIMEOUT, converter=_timeout)
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
    on_human_input: Callable[[WorkflowForm], Any] | None = attrs.field(
        default=None, repr=False, validator=optional(_function)
    )
    max_event_bytes: int = attrs.field(default=DEFAULT_MAX_EVENT_BYTES, validator=_count(1))
    max_response_bytes: int = attrs.field(default=DEFAULT_MAX_EVENT_BYTES, validator=_count(1))

    @property
    def retries(self) -> int:
        """How often a request is sent again."""
        return DEFAULT_RETRIES if self.max_retries is None else self.max_retries

    def merged(self, given: Mapping[str, Any], request: Any = None) -> Options:
        """Return these settings with what a call was given; headers add up, None changes nothing.

        The key and the user of a request stand above all others. Raises `InvalidArgument` for an
        unknown name or a bad value.
        """
        changes: dict[str, Any] = {}
        for name, value in given.items():
            if name not in _NAMES:
                raise InvalidArgument(
                    f"{name}: unknown option; there are {', '.join(sorted(_NAMES))}", field=name
                )
            if value is not None or name == "timeout":
                changes[name] = value
        for name in ("api_key", "user"):
            if (value := getattr(request, name, None)) is not None:
                changes[name] = value
        if "extra_headers" in changes:
            headers = {**self.extra_headers, **_headers(changes["extra_headers"])}
            changes["extra_headers"] = headers
        return attrs.evolve(self, **changes) if changes else self

    def key(self) -> Secret:
        """Return the API key; raises `InvalidArgument` when there is none."""
        if self.api_key is None:
            raise InvalidArgument(
                "api_key: none given; pass api_key= or set DIFY_API_KEY", field="api_key"
            )
        return self.api_key


_NAMES = frozenset(field.name for field in attrs.fields(Options))
