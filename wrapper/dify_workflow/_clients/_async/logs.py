"""The logs of a workflow app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Unpack

from dify_workflow_api.filters import LogFilters

from ..._api.logs import fetch_page, whole_listing
from ...types.requests import Secret, WorkflowLogsRequest, logs_request, seal
from ...types.responses import DifyPageResult, WorkflowLogs
from .driver import AsyncCore


class AsyncLogMethods(AsyncCore):
    """How `AsyncDifyWorkflow` reads the logs."""

    async def logs(
        self,
        request: WorkflowLogsRequest | None = None,
        /,
        *,
        last_id: str | WorkflowLogs | None = None,
        api_key: str | Secret | None = None,
        **filters: Unpack[LogFilters],
    ) -> DifyPageResult[WorkflowLogs]:
        """Fetch one page of the app's runs, newest first (GET /workflows/logs).

        Takes a request, or its fields; see `WorkflowLogsRequest`.
        """
        api_key = seal(api_key)
        request = logs_request(request, {"last_id": last_id, "api_key": api_key, **filters})
        options = self._settings.options.merged({}, request)
        return await self._driver().run(fetch_page(options, request))

    async def iter_logs(
        self,
        request: WorkflowLogsRequest | None = None,
        /,
        *,
        api_key: str | Secret | None = None,
        **filters: Unpack[LogFilters],
    ) -> AsyncIterator[WorkflowLogs]:
        """Iterate over all of the app's runs, newest first (GET /workflows/logs).

        Pages are fetched as they are needed, `limit` (100) entries at a time. Each entry comes
        once, and none is missed, also while new runs arrive; those of one second come by id. What
        cannot be had for sure: all of more than 100 entries of one second, which the server gives
        in several pages of no common order (they are read again until their number is right, at
        most 20 times); and on Dify before 1.0.1, which cannot be asked by time, entries of one
        second at the border of two pages.
        """
        api_key = seal(api_key)
        request = logs_request(request, {"last_id": None, "api_key": api_key, **filters})
        options = self._settings.options.merged({}, request)
        walk = whole_listing(request)
        while not walk.done:
            for entry in await self._driver().run(walk.next_entries(options)):
                yield entry
