"""The ASGI application: finds the operation, checks the key, answers, breaks replies if told to."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from attrs import evolve
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Match, Route, Router
from starlette.types import Receive, Scope, Send

from ..api import handler
from ..api.app import download
from ..api.request import ApiRequest
from ..contract import Operation, contract, has
from ..faults import CATALOGUE, Answer
from ..replies import ApiError, Reply, ReplyOver, crash
from ..versions import old_reply
from ..world import World
from .send import CORS, Sending

HTML = "text/html; charset=utf-8"
NOT_FOUND = (
    b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    b"<p>The requested URL was not found on the server. If you entered the URL manually please "
    b"check your spelling and try again.</p>\n"
)
NOT_ALLOWED = "The method is not allowed for the requested URL."


class Service:
    """The application of one server. requests: everything that arrived, in order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.requests: list[ApiRequest] = []
        routes = [
            Route(f"/v1{one.path}", partial(self._operate, one), methods=[one.method])
            for one in contract().operations
            if has(one.spec, world.rules.release)
        ]
        routes.append(Route("/files/{path:path}", self._download))
        routes.append(Route("/health", self._health))
        routes.append(Route("/fake/faults", self._faults, methods=["GET", "POST", "DELETE"]))
        self._router = Router(routes, redirect_slashes=False)
        handlers: dict[Any, Any] = {HTTPException: self._no_operation}
        self._app = ExceptionMiddleware(self._router, handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        scope["app"] = self  # Starlette's router raises what it does not find
        call = scope["state"]["call"] = ApiRequest(self._world, request)
        self.requests.append(call)
        try:
            await call.read(request)
        except ClientDisconnect:
            return
        watcher = asyncio.create_task(_watch(receive, call))
        try:
            await self._app(scope, receive, send)
        except ReplyOver:
            pass
        finally:
            watcher.cancel()
            call.forget()

    async def _operate(self, operation: Operation, request: Request) -> Sending:
        """Carry an operation out, unless a fault answers in its place; check what comes of it."""
        world, call = self._world, request.state.call
        call.spec, call.operation, call.params = operation, operation.id, request.path_params
        call.fault = fault = world.faults.take(operation.id)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
        if isinstance(fault, Answer):
            return Sending(_instead(fault))
        refused: ApiError | None = None
        try:
            call.authenticate()
            reply = await handler(operation)(call)
            if world.check:
                world.violations += contract().request_problems(operation, call.query, call.body)
        except HTTPException:
            raise
        except Exception as problem:
            if not isinstance(problem, ApiError):  # of a function of the test, or a fault of ours
                world.problems.append(problem)
                problem = crash()
            reply, refused = self._refusal(problem), problem
        if reply.content is None:
            if world.check:
                found = contract().reply_problems(operation, reply.status, reply.body)
                world.violations += found
            reply = old_reply(world.rules, operation, reply, refused)
        return Sending(evolve(reply, headers={**CORS, **reply.headers}))

    def _refusal(self, error: ApiError) -> Reply:
        headers = {"www-authenticate": 'Bearer realm="api"'} if error.status == 401 else {}
        if error.code == "unknown" and self._world.rules.since(1, 11):
            headers["vary"] = "Cookie"  # here versions before 1.13 say it, too
        return Reply(error.body(), error.status, headers=headers)

    async def _no_operation(self, request: Request, error: Any) -> Sending:
        """Answer what is no operation of the API, or has an id in its path that is no UUID."""
        path = request.url.path
        if error.status_code != 405 or not path.startswith("/v1/"):
            status, headers = 404, CORS if path == "/v1/" else {}
            if path == "/v1":
                status, headers = 308, {"location": "/v1/"}
            return Sending(Reply(status=status, media=HTML, content=NOT_FOUND, headers=headers))
        if request.method != "OPTIONS":
            return Sending(Reply(ApiError(405, "method_not_allowed", NOT_ALLOWED).body(), 405))
        found: list[Any] = self._router.routes
        found = [one for one in found if one.matches(request.scope)[0] != Match.NONE]
        methods = {"OPTIONS", *(method for one in found for method in one.methods)} - {"HEAD"}
        headers = {**CORS, "allow": ", ".join(sorted(methods))}
        return Sending(Reply(media=HTML, content=b"", headers=headers))

    async def _download(self, request: Request) -> Sending:
        reply = download(self._world, request.url.path, request.query_params)
        return Sending(evolve(reply, headers=CORS))

    async def _health(self, request: Request) -> Sending:
        told = {"pid": 1, "status": "ok", "version": self._world.rules.version}
        return Sending(Reply(told, line=False))

    async def _faults(self, request: Request) -> Sending:
        """List, switch on or switch off the faults of the catalogue."""
        status, told = 200, dict[str, Any]()
        try:
            if request.method == "POST":
                self._world.switch_on(**request.state.call.body)
            elif request.method == "DELETE":
                self._world.switch_off()
        except (TypeError, ValueError) as error:
            status, told = 400, {"message": str(error)}
        names = {name: {"does": one.does, "right": one.right} for name, one in CATALOGUE.items()}
        on = self._world.faults.named
        return Sending(Reply(told | {"on": on, "catalogue": names}, status))


def _instead(answer: Answer) -> Reply:
    """Return what a fault has in place of the server's reply."""
    about: dict[str, Any] = {"status": answer.status, "headers": answer.headers}
    if isinstance(answer.body, str):
        return Reply(media="text/html", content=answer.body.encode(), **about)
    return Reply(dict(answer.body), **about)


async def _watch(receive: Receive, call: ApiRequest) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    call.leave()
