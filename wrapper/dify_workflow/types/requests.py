"""Requests, and the API key, which can be used and compared but is never seen by accident."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, AnyStr, Literal, Unpack, get_args

import attrs
from dify_workflow_api.filters import LOG_FILTERS, LogFilters

from .._codec.jsonio import is_one_of, to_json
from ..errors import InvalidArgument, invalid
from .files import with_files
from .responses import WorkflowLogs

_KEY = re.compile(r"[!-~]+")
_SHORTEST = 8


class Secret:
    """A text that is never shown: `repr`, `str()` and format are masked, and JSON refuses it.

    It is no `str`, since encoders write the text of those without asking.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return self._text == (other._text if isinstance(other, Secret) else other)

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Secret, (self._text,))

    def reveal(self) -> str:
        """Return the plain text."""
        return self._text

    def masked(self, value: AnyStr) -> AnyStr:
        """Return a text or bytes without it, in whatever case: some servers repeat what they get.

        One of less than eight characters is left: it is found in any text.
        """
        if len(self._text) < _SHORTEST:
            return value
        if isinstance(value, bytes):
            return re.sub(re.escape(self._text.encode()), b"***", value, flags=re.I)
        return re.sub(re.escape(self._text), "***", value, flags=re.I)


def seal(value: str | Secret | None) -> Secret | None:
    """Wrap a key, without the white space around it; None and a wrapped one stay as they are.

    Raises `InvalidArgument` for what is no text.
    """
    if value is None or isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise invalid("api_key", f"text is needed, not a {type(value).__name__}")
    return Secret(str.strip(value))


def usable(value: str | Secret | None) -> Secret | None:
    """Wrap a key that can be sent, None if it is empty; raises `InvalidArgument` for another."""
    value = seal(value)
    if not value:
        return None
    if value.reveal()[:7].lower() == "bearer ":
        raise invalid("api_key", "the key alone, without 'Bearer '")
    if not _KEY.fullmatch(value.reveal()):
        raise invalid("api_key", "it must be printable ASCII without spaces")
    return value


def seal_key(options: Any) -> None:
    """Wrap the API key among keyword arguments, in place; it is checked where it is used."""
    if isinstance(options, dict) and isinstance(options.get("api_key"), str):
        options["api_key"] = seal(options["api_key"])


DEFAULT_LIMIT: int = LOG_FILTERS["limit"]["default"]

ResponseMode = Literal["streaming", "blocking"]


@attrs.frozen(kw_only=True)
class WorkflowRunRequest:
    """One run of a workflow.

    Attributes:
        inputs: The values of the app's input form by variable name.
        api_key: Stands above the key of the call and of the client.
        user: Stands above the user of the call and of the client.
        files: Go to `sys.files`; files of the form belong in `inputs`.
        workflow_id: Run that published version instead of the current one; Dify 1.7.2 and later.
        response_mode: "blocking" asks for one blocking request: it loses the run at the first proxy
            time-out, so the default streams.
        trace_id: Handed on to the server's tracing.
        trace_session_id: As `trace_id`, to group runs.
    """

    inputs: Mapping[str, Any]
    api_key: Secret | None = attrs.field(default=None, converter=seal)
    user: str | None = None
    files: Sequence[Any] | None = None
    workflow_id: str | None = None
    response_mode: ResponseMode | None = None
    trace_id: str | None = None
    trace_session_id: str | None = None

    @classmethod
    def of(cls, request: Any, inputs: Any = None) -> WorkflowRunRequest:
        """Return the request that is meant by one, by a mapping of the inputs, or by `inputs=`.

        What stands for a file in the inputs is made one. Raises `InvalidArgument`.
        """
        if request is None:
            request = {} if inputs is None else inputs
            inputs = None
        if not isinstance(request, WorkflowRunRequest):
            _refuse_whole_request(request)
            request = cls(inputs=request)
        if inputs is not None:
            refuse_two("inputs", request.inputs, inputs)
        if not isinstance(request.inputs, Mapping):
            raise invalid("inputs", "a mapping of variable names to values")
        is_simple = True
        for name, value in request.inputs.items():
            if not isinstance(name, str):
                raise invalid("inputs", f"names of variables are text, not {name!r}")
            is_simple = is_simple and type(value) in _SIMPLE
        as_request: WorkflowRunRequest = request
        if is_simple:
            return as_request
        return attrs.evolve(as_request, inputs=with_files(request.inputs, "inputs"))


_SIMPLE = (str, int, float, bool, type(None))  # which hold no file
# Of a run's request, what a call and a client can say as well.
CHECKED_FIELDS = ("files", "response_mode", "trace_id", "trace_session_id")
REQUEST_FIELDS = ("api_key", "user", "workflow_id", *CHECKED_FIELDS)


@attrs.frozen(kw_only=True)
class RowRequest(WorkflowRunRequest):
    """The request of a batch's row: no other run has its `user`.

    `before_post` is called when all is uploaded and the request that starts the run is next;
    `checked`: the inputs are those of a typed request.
    """

    before_post: Callable[[], None] = attrs.field(repr=False)
    checked: bool


def refuse_two(name: str, in_request: Any, in_call: Any) -> None:
    """Raise `InvalidArgument` where a request and a call name different values of one field."""
    if in_request is None or in_call is None or in_request is in_call:
        return
    if name in ("inputs", "files") or in_request != in_call:
        raise invalid(name, "the request and the call name different ones; give it once")


def checked_field(name: str, value: Any) -> Any:
    """Return a field as it is sent; raises `InvalidArgument` for what it cannot be."""
    if name == "response_mode" and not is_one_of(value, get_args(ResponseMode)):
        raise InvalidArgument('response_mode: "streaming" or "blocking"', field=name)
    if name == "files" and not isinstance(value, list | tuple):
        raise InvalidArgument("files: a list of files", field=name)
    if name == "files":
        return with_files(value, "files")
    text = to_json(value, name)
    if not isinstance(text, str):
        raise invalid(name, "text")
    return text


def _refuse_whole_request(inputs: Any) -> None:
    if not isinstance(inputs, Mapping):
        raise invalid("request", "a WorkflowRunRequest, or a mapping of the inputs")
    fields = {field.name for field in attrs.fields(WorkflowRunRequest)}
    if isinstance(inputs.get("inputs"), Mapping) and set(inputs) <= fields:
        raise invalid(
            "request",
            "a plain mapping is taken as the inputs, and this one looks like a whole "
            "request, whose names the server would drop without a word; give its parts by name: "
            "run_workflow(inputs=..., user=...), or write WorkflowRunRequest(inputs=..., ...)",
        )


@attrs.define(init=False)
class WorkflowLogsRequest:
    """A page of the workflow logs, newest first.

    `last_id` (the id of an entry, or the `WorkflowLogs` itself) asks for the entries that come
    after it in the listing; the server has no such parameter, so it is looked for: in one request
    for an entry, page by page for an id. The server keeps no order among the entries of one second,
    so they are listed by id here, and `last_id` gives each entry once, also while new runs arrive.
    That costs a second request for a first page that others follow. `page` (from 1) asks for the
    server's own page instead, in one request and in the server's order: begin no walk with it.

    The other filters are those of the endpoint: `limit` (1 to 100 entries, 20 if not given),
    `keyword`, `status` and the others. Times are aware `datetime`s or ISO 8601 text with its zone.
    """

    api_key: Secret | None
    last_id: str | WorkflowLogs | None
    filters: Mapping[str, Any]

    def __init__(
        self,
        *,
        api_key: str | Secret | None = None,
        last_id: str | WorkflowLogs | None = None,
        **filters: Unpack[LogFilters],
    ) -> None:
        api_key = seal(api_key)
        checked = {
            name: _filter(name, value) for name, value in filters.items() if value is not None
        }
        if last_id is not None and "page" in checked:
            raise invalid("last_id", "not together with page")
        if last_id is not None and not _is_id(last_id) and not _is_id(getattr(last_id, "id", None)):
            raise invalid("last_id", "the id of an entry, or an entry")
        self.api_key, self.last_id, self.filters = api_key, last_id, checked

    @property
    def limit(self) -> int:
        """Entries a page."""
        return int(self.filters.get("limit", DEFAULT_LIMIT))


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _filter(name: str, value: Any) -> Any:
    schema = LOG_FILTERS.get(name)
    if schema is None:
        filters = ", ".join(["last_id", *LOG_FILTERS])
        raise invalid(name, f"no such filter; there are {filters}")
    if schema.get("format") == "date-time":
        return as_utc(name, value)
    allowed = schema.get("enum")
    if allowed is not None and not is_one_of(value, allowed):
        raise invalid(name, f"one of {', '.join(map(str, allowed))}")
    if schema.get("type") == "integer":
        least, most = schema.get("minimum", 0), schema.get("maximum", float("inf"))
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise invalid(name, f"a whole number from {least} to {most}")
    elif schema.get("type") == "boolean":
        if not isinstance(value, bool):
            raise invalid(name, "True or False")
    elif not isinstance(value, str) or not value.strip():
        raise invalid(name, "text, not empty")
    return to_json(value, name)


def as_utc(name: str, value: Any) -> datetime:
    """Return a time in UTC, of a `datetime` or ISO 8601 text, with its zone."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise invalid(name, "a datetime, or ISO 8601 text")
    if value.utcoffset() is None:
        raise invalid(
            name,
            "a time without its zone; value.astimezone() gives it that of this machine, "
            "and in text it ends in an offset such as +08:00, or Z",
        )
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise invalid(name, "out of the range of times in UTC") from None


def logs_request(
    request: WorkflowLogsRequest | None, filters: Mapping[str, Any]
) -> WorkflowLogsRequest:
    """Return the request that is meant by a request object, filters, or both."""
    if request is None:
        return WorkflowLogsRequest(**filters)
    if not isinstance(request, WorkflowLogsRequest):
        raise invalid("request", "a WorkflowLogsRequest, or filters by name")
    filters = {name: value for name, value in filters.items() if value is not None}
    merged = {"last_id": request.last_id, "api_key": request.api_key, **request.filters, **filters}
    return WorkflowLogsRequest(**merged) if filters else request
