"""What the client gives back, and the exceptions that carry it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Literal, Protocol, Self, TypeVar

import attrs
import dify_workflow_api.models as models
import httpx

from .._codec.jsonio import UNREADABLE, as_object, decode
from ..errors import DifyError, UnreadableAnswer
from .events import WorkflowStreamEvent
from .files import files_in
from .forms import REQUIRED, WorkflowForm, from_reason
from .stops import was_stopped, why_stopped
from .text import REASONING, reasoning_in, split_reasoning, texts_of
from .value import Value, aware

T = TypeVar("T")
# What servers say today; a newer one may say something else.
RunStatus = (
    Literal["running", "succeeded", "partial-succeeded", "failed", "stopped", "paused"] | str
)


class _Ran(Protocol):
    @property
    def message(self) -> str: ...
    @property
    def created_at(self) -> int | None: ...
    @property
    def finished_at(self) -> int | None: ...


class _RunValue(Value):
    """What is told of a run alike by its response and by its entry in the logs."""

    __slots__ = ()

    def _told(self, name: str) -> Any:
        """Return what the server says of the run by this name."""
        raise NotImplementedError

    @property
    def elapsed_time(self) -> float | None:
        """How long the run took, in seconds; None where the server does not say, as below."""
        return _number(self._told("elapsed_time"), float)

    @property
    def total_tokens(self) -> int | None:
        """The tokens that all models used."""
        return _number(self._told("total_tokens"), int)

    @property
    def total_steps(self) -> int | None:
        """The nodes that were executed."""
        return _number(self._told("total_steps"), int)

    @property
    def error(self: _Ran) -> str | None:
        """The run's error text; None without one, where `message` is ""."""
        return self.message or None

    @property
    def created(self: _Ran) -> datetime | None:
        """When the run began, in UTC."""
        return aware(self.created_at)

    @property
    def finished(self: _Ran) -> datetime | None:
        """When the run ended, in UTC."""
        return aware(self.finished_at)


@attrs.frozen(kw_only=True)
class WorkflowRunResponse(_RunValue):
    """The state of one run: its result, or its detail.

    Attributes:
        id: The run's id.
        status: running, succeeded, partial-succeeded, failed, stopped or paused.
        message: The run's error text, or "".
        task_id: What `stop_workflow_stream` needs; None from `info()`, where the server does not
            tell it.
        outputs: What the run gives out, by name; {} without any.
        data: Every field of the response.
        recovered: Whether the connection had dropped, and the result was fetched again.
        headers: Those of the HTTP response.
        raw: The response as the server sent it.
        user: The run's user, where it is known.
    """

    id: str
    status: RunStatus
    message: str
    task_id: str | None
    outputs: dict[str, Any]
    data: (
        models.WorkflowFinishedData
        | models.WorkflowPausedData
        | models.BlockingRunData
        | models.WorkflowRunDetail
    )
    recovered: bool = False
    headers: httpx.Headers = attrs.field(factory=httpx.Headers, repr=False, eq=False)
    raw: dict[str, Any] = attrs.field(factory=dict, repr=False)
    user: str | None = attrs.field(default=None, repr=False)
    _reasoning: str = attrs.field(default="", repr=False, eq=False)  # that was streamed
    _delivered: Any = attrs.field(default=None, repr=False, eq=False)

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped: asked for, or since the server's worker was shut down.

        Servers say it with the status "stopped", and some of them, now and then, with "failed" and
        "Aborted: User requested stop"; `message` says which stop it was.
        """
        return was_stopped(self.status, self.message)

    @property
    def text(self) -> str:
        """The run's text: its one output that is a text, without reasoning; "" if there is none.

        Raises `SeveralTexts` where several outputs are texts, `WorkflowFailed` for a failed or
        stopped run, `RunNotFinished` for one that is paused or running.
        """
        texts = texts_of(require_success(self).outputs)
        if len(texts) > 1:
            raise SeveralTexts(tuple(texts), self)
        return "".join(split_reasoning(text).text for text in texts.values())

    @property
    def reasoning(self) -> str:
        """What the model thought, apart from the text; "" where the server sends nothing of it.

        From the output `reasoning_content`, else from `<think>...</think>` in the texts, else from
        the `reasoning_chunk` events of the stream.
        """
        apart = self.outputs.get(REASONING)
        if isinstance(apart, str) and apart:
            return apart
        texts = texts_of(self.outputs).values()
        return "\n".join(filter(None, map(reasoning_in, texts))) or self._reasoning

    @property
    def forms(self) -> list[WorkflowForm]:
        """The forms that a paused run waits for; empty otherwise."""
        reasons = getattr(self.data, "reasons", None)
        return [
            from_reason(reason)
            for reason in (reasons if isinstance(reasons, list) else ())
            if getattr(reason, "type_", None) == REQUIRED
        ]

    @property
    def files(self) -> list[models.OutputFile]:
        """The files anywhere in the run's outputs; `download` fetches them."""
        return list(files_in([self.outputs, self.raw.get("data", {})]))

    @property
    def inputs(self) -> dict[str, Any]:
        """The run's inputs with the server's `sys.*` ones, where the answer has them."""
        value = as_object(getattr(self.data, "inputs", None))
        return value if isinstance(value, dict) else {}

    @property
    def created_at(self) -> int | None:
        """When the run began, in unix seconds."""
        return _number(self._told("created_at"), int)

    @property
    def finished_at(self) -> int | None:
        """When the run ended, in unix seconds."""
        return _number(self._told("finished_at"), int)

    def _told(self, name: str) -> Any:
        return getattr(self.data, name, None)

    def to_dict(self) -> dict[str, Any]:
        """Return id, status, message, task_id and outputs as JSON types."""
        names = ("id", "status", "message", "task_id", "outputs")
        return {name: getattr(self, name) for name in names}

    def raise_for_status(self) -> Self:
        """Raise `WorkflowFailed` for a failed or stopped run; return the response otherwise."""
        if self.status in ("failed", "stopped"):
            text = f"run {self.id} {self.status}: {self.message}"
            raise WorkflowFailed(text + why_stopped(self.status, self.message), response=self)
        return self


def delivered_of(response: WorkflowRunResponse) -> Any:
    """Return what a stream delivered of the run, so that `resume` does not deliver it again."""
    return response._delivered


_data_field: Any = WorkflowRunResponse.__dict__["data"]


def _data(response: WorkflowRunResponse) -> Any:
    """The field, which is an event until somebody asks for it: then it is the event's payload."""
    value = _data_field.__get__(response)
    return value.data if isinstance(value, WorkflowStreamEvent) else value


WorkflowRunResponse.data = property(_data, _data_field.__set__)  # type: ignore[assignment]


@attrs.frozen
class WorkflowStopResponse(Value):
    """The answer to a stop: `result` is "success", which means asked for, not stopped."""

    result: str
    headers: httpx.Headers = attrs.field(factory=httpx.Headers, repr=False, eq=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the result."""
        return {"result": self.result}


@attrs.frozen(kw_only=True, slots=False)  # a page has a hundred, and frozen slots are slow to fill
class WorkflowLogs(_RunValue):
    """One entry of the logs.

    Attributes:
        id: The entry's own id; `run_id` is what `info()` and `attach()` take.
        status: The status of its run.
        message: The error text of its run, or "".
        created_at: When it was made, in unix seconds; `created` is the same as a time in UTC.
        finished_at: When its run ended, in unix seconds, or None.
        raw: The entry as the server sent it.
    """

    id: str
    status: str
    message: str
    created_at: int
    finished_at: int | None
    raw: dict[str, Any] = attrs.field(repr=False)

    def _told(self, name: str) -> Any:
        return self.raw["workflow_run"].get(name)

    def to_dict(self) -> dict[str, Any]:
        """Return id, run_id, status, message, created_at and finished_at as JSON types."""
        names = ("id", "run_id", "status", "message", "created_at", "finished_at")
        return {name: getattr(self, name) for name in names}

    @property
    def run_id(self) -> str:
        """The id of the entry's run."""
        run_id: str = self.raw["workflow_run"]["id"]
        return run_id

    @property
    def stopped(self) -> bool:
        """Whether its run was stopped; see `WorkflowRunResponse.stopped`."""
        return was_stopped(self.status, self.message)

    @cached_property
    def data(self) -> models.WorkflowLogEntry:
        """The entry as the generated class, decoded on first access; raises `UnreadableAnswer`."""
        try:
            data: models.WorkflowLogEntry = decode("WorkflowLogEntry", self.raw)
        except UNREADABLE:
            raise UnreadableAnswer(f"log entry {self.id} has not the form it should") from None
        return data


@attrs.frozen(kw_only=True)
class DifyPageResult(Value, Generic[T]):
    """One page of a listing; iterable, with a length.

    Attributes:
        data: The entries.
        page: The number of this page, from 1 on.
        limit: How many entries a page has at most.
        total: How many entries the whole listing has.
        has_more: Whether entries follow this page.
        headers: Those of the HTTP response.
    """

    data: list[T]
    page: int
    limit: int
    total: int
    has_more: bool
    headers: httpx.Headers = attrs.field(factory=httpx.Headers, repr=False, eq=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the entries, and page, limit, total and has_more, as JSON types."""
        data = [item.to_dict() if isinstance(item, Value) else item for item in self.data]
        names = ("page", "limit", "total", "has_more")
        return {"data": data, **{name: getattr(self, name) for name in names}}

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


def _number(value: Any, kind: Callable[[float], T]) -> T | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return kind(value)
    except (OverflowError, ValueError):  # of 400 digits, or infinite, or NaN
        return None


class WorkflowFailed(DifyError):
    """A run ended as `failed` or `stopped`; `response` is the whole answer."""

    def __init__(self, message: str, *, response: WorkflowRunResponse | None = None) -> None:
        super().__init__(message)
        self.response = response


class SeveralTexts(DifyError):
    """`text` was asked for, and several outputs are texts: `names`. Take them from `outputs`."""

    def __init__(self, names: tuple[str, ...], response: WorkflowRunResponse) -> None:
        super().__init__(
            f"run {response.id} has several texts: {', '.join(names)}; take one from `outputs`"
        )
        self.names = names
        self.response = response


class RunNotFinished(DifyError):
    """A run is paused or still running, so it has no outputs yet; `response` is all there is."""

    def __init__(self, message: str, *, response: WorkflowRunResponse | None = None) -> None:
        super().__init__(message)
        self.response = response


def require_success(response: WorkflowRunResponse) -> WorkflowRunResponse:
    """Return the response of a run that succeeded, if only in part.

    Raises `WorkflowFailed` for a failed or stopped run, `RunNotFinished` for any other.
    """
    response.raise_for_status()
    if response.status not in ("succeeded", "partial-succeeded"):
        why = "it waits for human input" if response.status == "paused" else "it has not ended"
        text = f"run {response.id} is {response.status}: {why}, so it has no outputs yet"
        raise RunNotFinished(text, response=response)
    return response


class RunOutcomeUnknown(DifyError):
    """A run may have been started, may go on, and its end could not be seen.

    Do not start it again blindly. `run_id`, `task_id` and `status` are what is known (or None);
    `user` owns the run; `candidates` are the log entries of that user which may be this run, where
    its id is not known; `__cause__` is what interrupted it.
    """

    def __init__(
        self,
        message: str,
        *,
        run_id: str | None = None,
        task_id: str | None = None,
        status: str | None = None,
        user: str | None = None,
        candidates: tuple[WorkflowLogs, ...] = (),
    ) -> None:
        super().__init__(message)
        self.run_id = run_id
        self.task_id = task_id
        self.status = status
        self.user = user
        self.candidates = candidates


class DeadlineExceeded(RunOutcomeUnknown, TimeoutError):
    """The `deadline` given for the whole run passed; the run itself may go on."""
