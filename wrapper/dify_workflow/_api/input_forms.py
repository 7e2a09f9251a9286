"""The apps' input forms (GET /parameters), kept for a while. Flows: no I/O."""

from __future__ import annotations

import time
from collections.abc import Callable

import attrs

from ..errors import DifyError
from ..options import Options, RequestTimeout
from ..types.requests import Secret
from .commands import Flow, Pause
from .results import fetch
from .validation import InputForm, input_form

KEPT = 600.0  # s
_QUICKLY = 10.0  # s for a form that a run can do without
_LOOK = 0.02  # s between looks for a form that another run fetches


class InputForms:
    """The forms by API key, of one client and its copies; any thread or task may ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[Secret, tuple[float, InputForm | None]] = {}  # None: it was refused
        self._turns: dict[Secret, object] = {}  # who fetches it now

    def get(self, options: Options, *, needed: bool) -> Flow[InputForm | None]:
        """Return an app's form; without `needed`, None where it cannot be fetched quickly.

        Runs that begin together fetch it once.
        """
        key, turn = options.key(), object()
        patience = self._clock() + _QUICKLY
        while True:
            until, form = self._kept.get(key, (float("-inf"), None))
            if self._clock() < until and not (form is None and needed):
                return form
            if self._turns.setdefault(key, turn) is turn or self._clock() > patience:
                break
            yield Pause(_LOOK)
        try:
            form = yield from _fetch(options, needed=needed)
            self._kept[key] = (self._clock() + KEPT, form)
        finally:
            if self._turns.get(key) is turn:
                del self._turns[key]
        return form


def _fetch(options: Options, *, needed: bool) -> Flow[InputForm | None]:
    if not needed:
        limits = options.timeout.as_dict()
        quick = {part: min(limits[part] or _QUICKLY, _QUICKLY) for part in limits}
        options = attrs.evolve(options, max_retries=0, timeout=RequestTimeout(**quick))
    try:
        form = input_form((yield from fetch("getAppParameters", options, {}, {})))
    except DifyError:
        if needed:
            raise
        return None
    return form
