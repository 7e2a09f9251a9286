"""What the server answers, held against the contract (the generated package's openapi.json)."""

from __future__ import annotations

import importlib.resources
import json
import re
from typing import Any

import attrs
import httpx
import pytest
from dify_workflow._api.versions import Version
from dify_workflow._clients._async.io import AsyncRouter
from dify_workflow._clients._sync.io import Router
from wire_archive import Exchange

from generator.compare.claims import Contract
from generator.compare.truth import Claim

EVENT = "#/components/schemas/WorkflowEvent"
COMPLETE = Version(1, 14)  # since when the server sends all that the contract requires
DETAIL = Version(1, 13)  # before, run details had JSON text, date text and nulls in some places


class Traffic:
    """Looks at every answer.

    problems: what is missing or of a wrong type, since it was last asked.
    findings: what the contract does not name, all that came so far.
    refused: how many runs were refused since there were too many at once.
    """

    def __init__(self, base_url: httpx.URL) -> None:
        text = importlib.resources.files("dify_workflow_api").joinpath("openapi.json").read_text()
        self._contract = Contract(json.loads(text))
        self._base = str(base_url).rstrip("/")
        self._version: Version | None = None
        self._events = self._contract.at(EVENT)["discriminator"]["mapping"]
        self.problems: list[str] = []
        self.findings: dict[str, None] = {}
        self.refused = 0

    def answered(self, request: httpx.Request, response: httpx.Response) -> None:
        """Look at a whole answer; the events of a stream come one by one."""
        self._version = Version.of(response.headers.get("x-version")) or self._version
        full = response.status_code == 400 and b"Too many requests" in response.content
        self.refused += full or response.status_code == 429
        url = str(request.url.copy_with(query=None))
        kind = response.headers.get("content-type", "").partition(";")[0]
        if not url.startswith(f"{self._base}/") or kind != "application/json":
            return
        exchange = Exchange(
            version=str(self._version),
            case=f"{request.method} {url.removeprefix(self._base)}",
            method=request.method,
            path="/v1" + url.removeprefix(self._base),
            request_body=None,
            status=response.status_code,
            headers=list(response.headers.items()),
            head=b"",
            body=response.content,
            request={"headers": {}},
        )
        routed = self._contract.route(exchange)
        name = self._contract.at(routed[0])["operationId"] if routed else "an unknown route"
        name = f"{name} {response.status_code}"
        try:
            claims = list(self._contract.claims(exchange))
        except (KeyError, ValueError):
            self.findings[f"{name}: the contract has no such answer"] = None
            return
        for claim in claims:
            self._hold(claim, name)

    def event(self, raw: dict[str, Any]) -> None:
        """Look at one event."""
        name = str(raw.get("event"))
        if name not in self._events:
            self.findings[f"event {name}: the contract has no such event"] = None
            return
        self._hold(Claim("", EVENT, raw, by_event=True), f"event {name}")

    def _hold(self, claim: Claim, name: str) -> None:
        version = self._version or COMPLETE
        claim = attrs.evolve(claim, source=name, partial=version < COMPLETE)
        if version >= DETAIL or not name.startswith("getWorkflowRun "):
            self.problems += [
                re.sub(r"#/\S+ ", "", error) for error in self._contract.errors(claim)
            ]
        for key in self._contract.undeclared(claim):
            self.findings[re.sub(r"\.\d+(?=\.|$)", "[]", key)] = None

    def taken(self) -> list[str]:
        """Return the problems so far, and forget them."""
        problems, self.problems = self.problems, []
        return problems

    def tap(self, patch: pytest.MonkeyPatch) -> None:
        """Look at what all clients get from here on."""
        handle, handle_async = Router.handle_request, AsyncRouter.handle_async_request

        def is_json(response: httpx.Response) -> bool:
            return bool(response.headers.get("content-type", "").startswith("application/json"))

        def tapped(router: Router, request: httpx.Request) -> httpx.Response:
            response = handle(router, request)
            if is_json(response):
                response.read()
                self.answered(request, response)
            return response

        async def tapped_async(router: AsyncRouter, request: httpx.Request) -> httpx.Response:
            response = await handle_async(router, request)
            if is_json(response):
                await response.aread()
                self.answered(request, response)
            return response

        patch.setattr(Router, "handle_request", tapped)
        patch.setattr(AsyncRouter, "handle_async_request", tapped_async)
