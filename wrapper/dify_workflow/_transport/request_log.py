"""One log line for each request, without a key or a signed address."""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Self

from dify_workflow_api.operations import OPERATIONS

from .._api.logger import log


class RequestLine:
    """Logs one request when it is left (DEBUG): what it was, the status or the error, the time."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._began = 0.0
        self.status: int | str | None = None

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if log.isEnabledFor(logging.DEBUG):
            method, path, _ = OPERATIONS.get(self._operation, ("GET", self._operation, ""))
            outcome = self.status if kind is None else kind.__name__
            log.debug("%s %s: %s, %.3f s", method, path, outcome, time.monotonic() - self._began)
