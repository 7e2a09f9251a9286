"""From rows to what is to be run: the rows that have no result yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from .. import DifyWorkflow, InvalidArgument, input_form, is_missing
from ..errors import invalid
from ..options import unique_user
from ..typed import TypedRequest
from .cells import InputForm, by_variable, choose, inputs_of, typed
from .journal import Flight
from .keys import KeySet
from .one_row import Task
from .row_results import Key, RowResult, from_error, shown
from .rows import Row, Rows, check_row, key_of, path_of, read_rows
from .settings import Settings

_SUFFIX = 16  # hex digits that make a user the row's own


class Tasks:
    """The rows still to be run, each with its inputs as the output shows them.

    A row whose inputs are of the wrong type comes as its result. The users of the rows begin with
    `user`. `found` are the rows that were in flight, `done` those in the output, `seen` those that
    came already.
    """

    def __init__(
        self,
        client: DifyWorkflow,
        user: str,
        rows: Rows,
        settings: Settings,
        found: Mapping[str, Flight],
        done: KeySet,
        seen: KeySet,
    ) -> None:
        self._settings = settings
        self._user = user
        self._found = found
        self._done = done
        self._seen = seen  # stays empty where the keys are numbers
        path = path_of(rows)
        self._form: InputForm | None = None
        self._folder = Path()
        if path is not None:
            self._form, self._folder = input_form(client.parameters()), path.parent
        each = rows if path is None else read_rows(path, settings.encoding)
        self._rows: Iterator[Row | TypedRequest[Any]] = iter(each)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[tuple[Task, dict[str, Any]] | RowResult]:
        column = self._settings.key
        for number, row in enumerate(self._rows, 1):
            check_row(row, number)
            if not isinstance(row, Mapping | TypedRequest):
                row = row.to_dict()
            key = self._key(row.inputs if isinstance(row, TypedRequest) else row, number)
            if key in self._done:
                continue
            chosen = choose(row, self._settings.inputs, column)
            is_typed = isinstance(chosen, TypedRequest)
            if isinstance(chosen, TypedRequest):
                chosen = inputs_of(chosen)
            chosen = {name: value for name, value in chosen.items() if not is_missing(value)}
            if self._form is not None:
                chosen = by_variable(self._form, chosen)
            flight = self._found.get(str(key))
            try:
                inputs = self._typed(chosen)
            except InvalidArgument as error:
                result = attrs.evolve(from_error(error), key=key, inputs=shown(chosen))
                if flight is not None:  # its inputs were right once: it may have been started
                    result = attrs.evolve(
                        result, status="unknown", run_id=flight.run_id, user=flight.user
                    )
                yield result
                continue
            task = Task(
                key=key,
                inputs=inputs,
                is_typed=is_typed,
                flight=flight or self.own_user(),
                in_flight=flight is not None,
                lookup_seconds=self._settings.lookup_seconds,
                rerun_unknown=self._settings.rerun_unknown,
            )
            yield task, shown(inputs)

    def own_user(self) -> Flight:
        """Return a user of its own for a row."""
        return Flight(unique_user(self._user, _SUFFIX))

    def _key(self, row: Row, number: int) -> Key:
        column = self._settings.key
        key = key_of(row, number, column)
        if column is not None and not self._seen.add(key):
            raise invalid("key", f"row {number} has the {column} of an earlier one, {key!r}")
        return key

    def _typed(self, chosen: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._form is None:
            return chosen
        return typed(self._form, chosen, self._folder)
