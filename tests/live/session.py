"""What the checks share: clients of the given apps, inputs for them, and why one is skipped."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NoReturn

import httpx
import pytest
from dify_workflow import DifyWorkflow, WorkflowLogs, WorkflowRunResponse
from dify_workflow.versions import Capability
from dify_workflow_api.events import EVENTS
from dify_workflow_api.models import AppParameters
from facade import Kind, client

from . import apps
from .sample_inputs import Unfillable, inputs_for
from .traffic import Traffic

PATIENCE = 60  # s to wait for what the server writes down a little later


class Live:
    """The server under test.

    user: whom the runs belong to, another one in each session.
    version: of the server; None if it does not say it, and then it is taken as current.
    """

    def __init__(self) -> None:
        self.user = f"live-{uuid.uuid4().hex[:12]}"
        with DifyWorkflow(base_url=apps.base_url(), api_key=apps.key()) as dify:
            self.base_url = httpx.URL(dify.base_url)
            self.app_name = dify.app_info().name
            self.version = dify.server_version
        self.traffic = Traffic(self.base_url)
        self._parameters: dict[str, AppParameters] = {}

    def connect(self, kind: Kind, app: str = "", **options: Any) -> AbstractContextManager[Any]:
        """Give a client of an app; skip the check when there is no key for it."""
        if not apps.key(app):
            pytest.skip(f"no {apps.variable(app)}, the key of {apps.APPS[app]}")
        options = {"user": self.user, "deadline": apps.LONGEST, **options}
        return client(
            kind, options.pop("base_url", str(self.base_url)), api_key=apps.key(app), **options
        )

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

    def read(self, stream: Any) -> list[Any]:
        """Read a stream to its end, each event held against the contract."""
        items = []
        for item in stream:
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

    def entries(self, dify: Any, user: str) -> list[WorkflowLogs]:
        """Return what the logs have of a user, also where the server cannot filter by users."""
        page = dify.logs(created_by_end_user_session_id=user, limit=100)
        return [
            entry
            for entry in page.data
            if entry.data.created_by_end_user and entry.data.created_by_end_user.session_id == user
        ]


def succeeded(response: WorkflowRunResponse) -> None:
    """Fail for a run that the checks cannot use."""
    if response.status not in {"succeeded", "partial-succeeded"}:
        unusable(f"its run is {response.status}: {response.message!r}")


def unusable(why: str) -> NoReturn:
    pytest.fail(f"the run of the app has to succeed, but {why}; give it better DIFY_LIVE_INPUTS?")
