"""The ASGI application: finds the operation, checks the key, answers, spoils answers if asked."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from .arrival import RequestLog, close_form, note, query_parameters, read_form, readable
from .contract import Operation, contract
from .downloads import download, health
from .errors import NOT_FOUND_HTML, ApiError, Crash, HtmlNotFound
from .exchange import Exchange
from .faults import Answer, Fault, Faults
from .handlers import HANDLERS
from .old_answers import old_answer
from .replies import Json, Raw, Reply
from .spoil import AnswerOver, SpoiledSend
from .state import App
from .transmit import CORS, all_headers, transmit
from .world import World

HTML = "text/html; charset=utf-8"
Found = list[tuple[Operation, dict[str, str]]]


class Service:
    """The application of one server. requests: everything that arrived, in order."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world: World = world
        self.faults: Faults = faults
        self.requests: list[RequestLog] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        found = self._find(scope["path"])
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        chosen = next(((op, ids) for op, ids in found if op.method == method), None)
        log = note(request, chosen[0].id if chosen else "")
        self.requests.append(log)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        form = await read_form(request)
        log.body = readable(body, form)
        x = None
        if chosen is not None:
            query = query_parameters(request)
            x = Exchange(self.world, *chosen, query, request.headers, body, form)
        gone = x.gone if x is not None else asyncio.Event()
        watcher = asyncio.create_task(_watch(receive, x))
        try:
            if fault := self.faults.take(log.operation) if log.operation else None:
                await asyncio.sleep(fault.seconds)
            if isinstance(fault, Fault):
                transport = scope["state"]["transport"]
                pings, idle = self.world.ping_interval, self.world.idle_limit
                made_up = self.world.rules.makes_ends_up and log.operation.startswith("runWorkflow")
                send = SpoiledSend(fault, send, transport, gone, pings, idle, makes_ends_up=made_up)
            reply, headers = await self._reply(request, x, found, fault, log)
            log.status = getattr(reply, "status", 200)
            rules = self.world.rules
            await transmit(send, reply, all_headers(rules, headers), compact=rules.compact_json)
        except AnswerOver:
            pass
        finally:
            watcher.cancel()
            close_form(form)

    def _find(self, path: str) -> Found:
        """Return the operations at a path; those that this version lacks are not there."""
        if not path.startswith("/v1/"):
            return []
        found = contract().match(path.removeprefix("/v1"))
        return [(op, ids) for op, ids in found if self.world.rules.serves(op.id)]

    async def _reply(
        self,
        request: Request,
        x: Exchange | None,
        found: Found,
        fault: Fault | Answer | None,
        log: RequestLog,
    ) -> tuple[Reply, dict[str, str]]:
        if isinstance(fault, Answer):
            return _instead(fault), dict(fault.headers)
        if x is None:
            return self._beside(request, [op.method for op, _ in found])
        reply, headers = await self._answer(x)
        if getattr(reply, "status", 200) < 400 and self.world.check:
            problems = contract().request_problems(x.operation, x.query, log.body)
            self.world.violations += problems
        return reply, headers

    def _beside(self, request: Request, methods: list[str]) -> tuple[Reply, dict[str, str]]:
        """Answer what is no operation of the API."""
        path = request.url.path
        if path.startswith("/files/"):
            return download(self.world, path, request.query_params), CORS
        if path == "/health":
            return health(self.world), {}
        if path == "/v1":
            return Raw((NOT_FOUND_HTML.encode(),), 308, HTML), {"location": "/v1/"}
        if methods and request.method == "OPTIONS":
            allow = ", ".join(sorted({"OPTIONS", *methods}))
            return Raw((b"",), 200, HTML), {**CORS, "allow": allow}
        if methods:
            text = "The method is not allowed for the requested URL."
            return Json(ApiError(405, "method_not_allowed", text).body(), 405), {}
        return Raw((NOT_FOUND_HTML.encode(),), 404, HTML), CORS if path == "/v1/" else {}

    async def _answer(self, x: Exchange) -> tuple[Reply, dict[str, str]]:
        """Carry an operation out."""
        rules, operation, error = self.world.rules, x.operation, None
        headers = dict(CORS)
        try:
            x.app = authenticate(x)
            reply = await HANDLERS[operation.id](x)
            headers |= getattr(reply, "headers", {})
        except HtmlNotFound:
            return Raw((NOT_FOUND_HTML.encode(),), 404, HTML), {}
        except ApiError as raised:
            error, reply = raised, Json(raised.body(), raised.status)
            if error.status == 401:
                headers["www-authenticate"] = 'Bearer realm="api"'
        except Exception as problem:
            crash = problem if isinstance(problem, Crash) else Crash()
            if crash is not problem:  # raised by a function of the test, or a fault of our own
                self.world.problems.append(problem)
            reply = Json(crash.body(), crash.status)
            if rules.since(1, 11):  # here versions before 1.13 say it, too
                headers["vary"] = "Cookie"
        if isinstance(reply, Json):
            self.world.check_response(operation, reply.status, reply.body)
            reply = old_answer(rules, operation.id, reply, error, self.world.tenant_id)
        return reply, headers


def authenticate(x: Exchange) -> App:
    """Return the app of the request's key."""
    scheme, space, key = x.headers.get("authorization", "").partition(" ")
    if not space:
        text = "Authorization header must be provided and start with 'Bearer'"
        raise ApiError(401, "unauthorized", text)
    if scheme.lower() != "bearer":
        raise ApiError(401, "unauthorized", "Authorization scheme must be 'Bearer'")
    app = x.world.app(key.strip())
    if app is None:
        raise ApiError(401, "unauthorized", "Access token is invalid")
    if not app.enabled:
        raise ApiError(403, "forbidden", "The app's API service has been disabled.")
    return app


def _instead(answer: Answer) -> Reply:
    if isinstance(answer.body, str):
        return Raw((answer.body.encode(),), answer.status, "text/html")
    return Json(dict(answer.body), answer.status)


async def _watch(receive: Receive, x: Exchange | None) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    if x is not None:
        x.leave()
