"""The ASGI application: finds the operation, checks the key, answers, breaks replies if told to."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Match, Route, Router
from starlette.types import Receive, Scope, Send

from ..api import handler
from ..api.files import download
from ..api.request import ApiRequest
from ..catalogue import CATALOGUE, switch_off, switch_on
from ..checks import ScriptError
from ..contract import Contract, Operation, contract
from ..errors import ApiError, Crash, HtmlNotFound
from ..faults import Answer, Fault, Faults
from ..replies import Json, Raw, Reply, ReplyOver
from ..versions.replies import old_reply
from ..world import World
from .arrival import RequestLog, close_form, note, query_parameters, read_form, readable
from .broken import BrokenSend
from .send import CORS, Sending

HTML = "text/html; charset=utf-8"
NOT_FOUND_HTML = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server. If you entered the URL manually please "
    "check your spelling and try again.</p>\n"
)
NOT_ALLOWED = "The method is not allowed for the requested URL."


class Service:
    """The application of one server. requests: everything that arrived, in order."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world: World = world
        self.faults: Faults = faults
        self.requests: list[RequestLog] = []
        # An operation that this version lacks is not there.
        known = (one for one in contract().operations if one.since <= world.rules.release)
        self._operations: dict[str, Operation] = {one.id: one for one in known}
        self._routes = [route for route in _routes(contract()) if route.name in self._operations]
        router = Router([*self._routes, *BESIDE], redirect_slashes=False)
        handlers: dict[Any, Callable[..., Any]] = {
            HTTPException: self._no_operation,
            HtmlNotFound: self._not_found,
            ApiError: self._error,
        }
        self._app = ExceptionMiddleware(router, handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        scope["app"] = self  # Starlette's router raises what it does not find
        chosen = next((one for one in self._routes if one.matches(scope)[0] is Match.FULL), None)
        log = note(request, chosen.name if chosen else "")
        self.requests.append(log)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        form = await read_form(request)
        log.body = readable(body, form)
        call = None
        if chosen is not None:
            params, query = chosen.matches(scope)[1]["path_params"], query_parameters(request)
            operation, headers = self._operations[chosen.name], request.headers
            call = ApiRequest(self.world, operation, params, query, headers, body, form)
        scope["state"] |= {"call": call, "log": log}
        gone = call.gone if call is not None else asyncio.Event()
        watcher = asyncio.create_task(_watch(receive, call))
        try:
            if fault := self.faults.take(log.operation) if log.operation else None:
                await asyncio.sleep(fault.seconds)
            if isinstance(fault, Fault):
                send = BrokenSend(
                    fault,
                    send,
                    scope["state"]["transport"],
                    gone,
                    self.world,
                    own=log.operation.startswith("runWorkflow"),
                )
            app = self._instead(fault) if isinstance(fault, Answer) else self._app
            await app(scope, receive, send)
        except ReplyOver:
            pass
        finally:
            watcher.cancel()
            close_form(form)

    async def carry_out(self, request: Request) -> Sending:
        """Carry an operation out."""
        call: ApiRequest = request.state.call
        try:
            call.authenticate()
            reply = await handler(call.operation)(call)
        except (ApiError, HtmlNotFound):
            raise
        except Exception as problem:  # raised by a function of the test, or a fault of our own
            self.world.problems.append(problem)
            raise Crash() from None
        if reply.status < 400 and self.world.check:
            body = request.state.log.body
            found = contract().request_problems(call.operation, call.query, body)
            self.world.violations += found
        return self._reply(call.operation, reply, None, getattr(reply, "headers", {}))

    async def _not_found(self, request: Request, error: Exception) -> Sending:
        return self._html(404)

    async def _error(self, request: Request, error: Exception) -> Sending:
        assert isinstance(error, ApiError)
        headers = {}
        if error.status == 401:
            headers["www-authenticate"] = 'Bearer realm="api"'
        if isinstance(error, Crash) and self.world.rules.since(1, 11):
            headers["vary"] = "Cookie"  # here versions before 1.13 say it, too
        reply = Json(error.body(), error.status)
        return self._reply(request.state.call.operation, reply, error, headers)

    def _reply(
        self, operation: Operation, reply: Reply, error: ApiError | None, headers: dict[str, str]
    ) -> Sending:
        """Return a reply as this version gives it, checked against the contract."""
        rules = self.world.rules
        if isinstance(reply, Json):
            self.world.check_reply(operation, reply.status, reply.body)
            reply = old_reply(rules, operation, reply, error, self.world.tenant_id)
        return Sending(rules, reply, {**CORS, **headers})

    async def _no_operation(self, request: Request, error: Exception) -> Sending:
        """Answer what is no operation of the API."""
        assert isinstance(error, HTTPException)
        path, rules = request.url.path, self.world.rules
        if path == "/v1":
            return self._html(308, {"location": "/v1/"})
        if error.status_code != 405 or not path.startswith("/v1/"):
            return self._html(404, CORS if path == "/v1/" else {})
        if request.method == "OPTIONS":
            matching = [one for one in self._routes if one.matches(request.scope)[0] != Match.NONE]
            methods = {self._operations[one.name].method for one in matching}
            allow = ", ".join(sorted({"OPTIONS", *methods}))
            return Sending(rules, Raw((b"",), 200, HTML), {**CORS, "allow": allow})
        return Sending(rules, Json(ApiError(405, "method_not_allowed", NOT_ALLOWED).body(), 405))

    def _html(self, status: int, headers: dict[str, str] | None = None) -> Sending:
        return Sending(
            self.world.rules, Raw((NOT_FOUND_HTML.encode(),), status, HTML), headers or {}
        )

    async def download(self, request: Request) -> Sending:
        reply = download(self.world, request.url.path, request.query_params)
        return Sending(self.world.rules, reply, CORS)

    async def health(self, request: Request) -> Sending:
        told = {"pid": 1, "status": "ok", "version": self.world.rules.version}
        return Sending(self.world.rules, Json(told, line=False))

    async def fault(self, request: Request) -> Sending:
        """List, switch on or switch off the faults of the catalogue."""
        status = 200
        told: dict[str, Any] = {}
        try:
            if request.method == "POST":
                switch_on(self.world, self.faults, **request.state.log.body)
            elif request.method == "DELETE":
                switch_off(self.world, self.faults)
        except (ScriptError, TypeError, ValueError) as error:
            status, told = 400, {"message": str(error)}
        names = {name: {"does": one.does, "right": one.right} for name, one in CATALOGUE.items()}
        told |= {"on": self.faults.named, "catalogue": names}
        return Sending(self.world.rules, Json(told, status))

    def _instead(self, answer: Answer) -> Sending:
        """Return what a fault has in place of the server's reply."""
        if isinstance(answer.body, str):
            reply: Reply = Raw((answer.body.encode(),), answer.status, "text/html")
        else:
            reply = Json(dict(answer.body), answer.status)
        return Sending(self.world.rules, reply, answer.headers)


async def _watch(receive: Receive, call: ApiRequest | None) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    if call is not None:
        call.leave()


def _through(name: str) -> Callable[[Request], Awaitable[Sending]]:
    """Return a method of whichever server a request came to."""

    async def endpoint(request: Request) -> Sending:
        reply: Sending = await getattr(request.app, name)(request)
        return reply

    return endpoint


@functools.cache
def _routes(known: Contract) -> list[Route]:
    """Return a route for each operation, made once for all servers."""
    return [
        Route(f"/v1{one.path}", _through("carry_out"), methods=[one.method], name=one.id)
        for one in known.operations
    ]


BESIDE = [
    Route("/files/{path:path}", _through("download")),
    Route("/health", _through("health")),
    Route("/fake/faults", _through("fault"), methods=["GET", "POST", "DELETE"]),
]
