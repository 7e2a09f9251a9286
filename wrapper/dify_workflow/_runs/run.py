"""One run being followed: what was asked for, what is known, and how it is given up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from .._api import limits
from .._api.calls import Call
from .._api.commands import Flow, Until
from .._api.versions import Server, Version
from ..options import Options
from ..types.responses import RunOutcomeUnknown
from .state import RunState


@attrs.frozen
class Lookup:
    """By what a run would be known again: a user of its own, an input of its own, or neither."""

    inputs: Mapping[str, Any] = attrs.field(repr=False)
    unique_user: bool = False
    key_input: str | None = None

    @property
    def adopts(self) -> bool:
        """Whether a run found in the logs can be known as surely ours."""
        return self.unique_user or self.key_input is not None

    def is_ours(self, inputs: Mapping[str, Any]) -> bool:
        """Whether a run with these inputs is ours."""
        return self.unique_user or (
            self.key_input is not None
            and inputs.get(self.key_input) == self.inputs.get(self.key_input)
        )

    def may_be_ours(self, inputs: Mapping[str, Any]) -> bool:
        """Whether a run's inputs are not other ones than ours was given."""
        return not any(
            _differ(self.inputs[name], inputs[name]) for name in self.inputs.keys() & inputs.keys()
        )


def _differ(given: Any, stored: Any) -> bool:
    """Whether an input is surely another one; the server rewrites files and converts numbers."""
    if type(given) is not type(stored) or isinstance(given, dict | list):
        return False
    return bool(given != stored)


@attrs.define
class Following:
    """One run being followed: what is asked for, what is known."""

    state: RunState
    options: Options
    clock: Callable[[], float]
    server: Server
    start: Call | None = None  # None: attached to a run that somebody else started
    blocking: bool = False  # `start` is one request, whose answer is the result
    checks: Flow[None] | None = None  # of the inputs, before `start`
    before_post: Callable[[], None] | None = None  # called before `start` is sent
    resuming: bool = False  # it was paused, and goes on
    lookup: Lookup | None = None
    until: Until = attrs.field(init=False)
    posted_at: float = 0.0
    changed_at: float = 0.0
    looks: int = 0  # times it was looked at since then
    recovering_since: float = 0.0
    stop_asked_at: float | None = None
    absent: bool = False  # somebody attached to it, and the server knows no such run yet
    last_detail: dict[str, Any] | None = None
    _doubted: dict[str, Any] | None = None
    _doubted_at: int = 0  # `state.news` then
    _doubted_since: float | None = None  # when its detail said that it runs all the same

    def __attrs_post_init__(self) -> None:
        self.until = Until(self.clock)

    @property
    def name(self) -> str:
        """The run by its id, as far as it is known."""
        state = self.state
        if state.run_id:
            return f"run {state.run_id}"
        if state.unconfirmed_id:
            return f"the run (its id may be {state.unconfirmed_id}, which is not confirmed)"
        return "the run (its id is not known)"

    @property
    def attached(self) -> bool:
        """Whether somebody else started it, and nothing of it has come yet."""
        return self.start is None and not self.state.begun

    @property
    def adoptable(self) -> bool:
        """Whether it would be known as surely ours in the logs."""
        return self.lookup is not None and self.lookup.adopts

    def begin(self) -> None:
        """Note that the first command is next: the deadline counts from now."""
        self.changed()
        if self.options.deadline is not None:
            self.until.deadline = self.changed_at + self.options.deadline

    def changed(self) -> None:
        """Something happened to the run."""
        self.changed_at = self.clock()
        self.looks = 0

    def not_taken(self) -> float | None:
        """Note that the POST started nothing; return the seconds left of the deadline."""
        self.changed()
        self.posted_at = self.changed_at
        return None if self.until.deadline == math.inf else self.until.deadline - self.changed_at

    def told(self, detail: dict[str, Any] | None) -> None:
        """Note what the run's detail says, None where it cannot be had."""
        if detail is None:
            self._doubted_since = None
            return
        changed = self.last_detail not in (None, detail)
        if changed:
            self.changed()
        if changed or self._doubted_since is None:
            self._doubted_since = self.clock()
        self.last_detail = detail

    def doubt(self, error: dict[str, Any]) -> None:
        """Keep an `error` event that may be none: the run may go on."""
        self._doubted, self._doubted_at = error, self.state.news
        self._doubted_since, self.recovering_since = None, self.clock()

    @property
    def doubted(self) -> dict[str, Any] | None:
        """An `error` event after which nothing has shown yet that the run goes on."""
        return self._doubted if self.state.news == self._doubted_at else None

    def check_doubted(self) -> None:
        """Raise an error that was not believed, when nothing has changed for a minute since."""
        error, since = self.doubted, self._doubted_since
        if error is not None and since is not None and self.clock() - since > limits.DOUBT:
            self.state.fail(error)
            assert self.state.failure is not None
            raise self.state.failure

    def unknown(self, why: str, cause: BaseException | None = None, **more: Any) -> Exception:
        """Return the error that says what is known of the run and what is not."""
        state = self.state
        error = RunOutcomeUnknown(
            f"{self.name} may have been started and may go on; its end was not seen: {why}",
            run_id=state.run_id,
            task_id=state.task_id,
            status=state.status if state.begun else None,
            user=self.options.user,
            **more,
        )
        error.__cause__ = cause
        return error

    @property
    def version(self) -> Version | None:
        """The server's version, as far as it is known."""
        return self.server.version
