"""What the checks share: clients of the given apps, inputs for them, and why one is skipped."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from typing import Any, NoReturn

import httpx
import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    DifyWorkflow,
    NotFound,
    WorkflowLogs,
    WorkflowRunRequest,
    WorkflowRunResponse,
)
from dify_workflow._api.versions import Capability, Version
from dify_workflow.types.events import TERMINAL
from dify_workflow_api.events import EVENTS
from dify_workflow_api.models import AppParameters
from facade import Kind, client

from . import apps
from .sample_inputs import Unfillable, inputs_for
from .traffic import Traffic

PATIENCE = 60  # s to wait for what the server writes down a little later
AT_ONCE, ROUNDS = 4, 2  # runs whose log entries are walked through; several fall into one second


class Live:
    """The server under test.

    user: whom the runs belong to, another one in each session.
    version: of the server; None if it does not say it, and then it is taken as current.
    """

    def __init__(self) -> None:
        self.user = new_user()
        self._ends_at = time.monotonic() + apps.deadline()
        timeout = max(min(60.0, apps.deadline() / 5), 5.0)  # it is tried four times
        with DifyWorkflow(base_url=apps.base_url(), api_key=apps.key(), timeout=timeout) as dify:
            self.base_url = httpx.URL(dify.base_url)
            self.app_name = dify.app_info().name
            self.version = dify.server_version
        self.traffic = Traffic(self.base_url)
        self._parameters: dict[str, AppParameters] = {}
        self._several: tuple[str, set[str]] | None = None

    @property
    def time_left(self) -> float:
        """Seconds left for all checks together, 0 when they are over."""
        return max(self._ends_at - time.monotonic(), 0.0)

    def options(self, app: str = "", **options: Any) -> dict[str, Any]:
        """Return the options of a client of an app; skip the check when there is no key for it."""
        if not apps.key(app):
            pytest.skip(f"no {apps.variable(app)}, the key of {apps.APPS[app]}")
        deadline = max(min(apps.LONGEST, self.time_left), 1.0)
        given = {"base_url": str(self.base_url), "user": self.user, "deadline": deadline}
        return {**given, "api_key": apps.key(app), **options}

    def connect(self, kind: Kind, app: str = "", **options: Any) -> AbstractContextManager[Any]:
        """Give a client of an app; skip the check when there is no key for it."""
        options = self.options(app, **options)
        return client(kind, options.pop("base_url"), **options)

    def run_at_once(
        self, kind: Kind, app: str, requests: list[WorkflowRunRequest], **options: Any
    ) -> list[WorkflowRunResponse]:
        """Run all requests at once; return their results."""
        given = self.options(app, **options)
        if kind == "sync":
            with DifyWorkflow(**given) as dify, ThreadPoolExecutor(len(requests)) as pool:
                return list(pool.map(dify.run_workflow, requests))

        async def run_all() -> list[WorkflowRunResponse]:
            async with AsyncDifyWorkflow(**given) as dify:
                return await asyncio.gather(*map(dify.run_workflow, requests))

        return asyncio.run(run_all())

    def several_runs(self) -> tuple[str, set[str]]:
        """Run the app some times, once in a session; return the runs' user and their ids."""
        if self._several is None:
            user, requests = new_user(), [WorkflowRunRequest(inputs=self.inputs())] * AT_ONCE
            ids = {
                response.id
                for _ in range(ROUNDS)
                for response in self.run_at_once("sync", "", requests, user=user)
            }
            self._several = user, ids
        return self._several

    def undisturbed(self, response: WorkflowRunResponse) -> None:
        """Note a run that was cut without our doing."""
        if response.recovered:
            self.traffic.findings["a stream was cut on its way, and its run found again"] = None

    def parameters(self, app: str = "") -> AppParameters:
        """Return what an app says of itself; asked once."""
        if app not in self._parameters:
            with self.connect("sync", app) as dify:
                self._parameters[app] = dify.parameters()
        return self._parameters[app]

    def inputs(self, app: str = "", *, files: bool = False) -> dict[str, Any]:
        """Return inputs for an app, given or made from its form; skip the check without any."""
        given = apps.inputs(app)
        if given is not None:
            return dict(given)
        try:
            return inputs_for(self.parameters(app), files=files)
        except Unfillable as problem:
            pytest.skip(f"{problem}; give {apps.variable(app, 'DIFY_LIVE_INPUTS')}")

    def needs(self, capability: Capability) -> None:
        """Skip the check on a server that is too old for it."""
        if not capability.on(self.version):
            assert self.version is not None
            pytest.skip(capability.missing_on(self.version))

    def needs_answers_to_refusals(self) -> None:
        """Skip the check on 1.13, which answers a streaming run that it refuses with silence."""
        if self.version is not None and Version(1, 13) <= self.version < Version(1, 14):
            pytest.skip(f"Dify {self.version} says nothing to a streaming run that it refuses")

    def read(self, stream: Any) -> list[Any]:
        """Read a stream to its end, each event of the server held against the contract."""
        items = []
        for item in stream:
            if not (item.recovered and item.event in TERMINAL):  # it may be of the run's detail
                self.traffic.event(item.raw)
            assert item.event not in EVENTS or not isinstance(item.data, dict), item.event
            items.append(item)
        return items

    def until(self, look: Callable[[], Any]) -> Any:
        """Look again and again until there is something; return it, None if nothing comes."""
        for _ in range(PATIENCE):
            if found := look():
                return found
            time.sleep(1)
        return None

    def info(self, dify: Any, run_id: str) -> WorkflowRunResponse:
        """Return the detail of a run that has ended or waits; servers may know it late."""

        def look() -> Any:
            with suppress(NotFound):
                info = dify.info(run_id)
                return None if info.status == "running" else info

        found: WorkflowRunResponse | None = self.until(look)
        assert found is not None, f"the detail of run {run_id} does not tell its end"
        return found

    def entries(self, dify: Any, user: str) -> list[WorkflowLogs]:
        """Return what the logs have of a user, also where the server cannot filter by users."""
        page = dify.logs(created_by_end_user_session_id=user, limit=100)
        return [
            entry
            for entry in page.data
            if entry.data.created_by_end_user and entry.data.created_by_end_user.session_id == user
        ]


def new_user() -> str:
    return f"live-{uuid.uuid4().hex[:12]}"


def succeeded(response: WorkflowRunResponse) -> None:
    """Fail for a run that the checks cannot use."""
    if response.status not in {"succeeded", "partial-succeeded"}:
        unusable(f"its run is {response.status}: {response.message!r}")


def unusable(why: str) -> NoReturn:
    pytest.fail(f"the run of the app has to succeed, but {why}; give it better DIFY_LIVE_INPUTS?")
