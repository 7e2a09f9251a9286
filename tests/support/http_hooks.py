"""What tracing tools, mocks and users put around httpx, each as the tool itself does it.

`python http_hooks.py URL NAME`: it is there before the client is imported.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import sys
from collections.abc import Callable
from typing import Any

import httpcore
import httpx
import respx
import wrapt
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

Undo = Callable[[], object]
Hook = Callable[[list[Any], Any], Undo]  # the list gets something of each request


def _method(owners: tuple[type[Any], type[Any]], *names: str, by_wrapt: bool = False) -> Hook:
    """Wrap a method of a sync class and of its async twin."""

    def install(seen: list[Any], _: Any) -> Undo:
        def around(original: Any, instance: Any, args: Any, kwargs: Any) -> Any:
            seen.append(original)
            return original(*args, **kwargs)

        def plain(original: Any) -> Any:
            @functools.wraps(original)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                seen.append(original)
                return original(*args, **kwargs)

            return wrapper

        undo = []
        for owner, name in zip(owners, (names * 2)[:2], strict=True):
            original = getattr(owner, name)
            wrapped = wrapt.FunctionWrapper(original, around) if by_wrapt else plain(original)
            setattr(owner, name, wrapped)
            undo.append(functools.partial(setattr, owner, name, original))
        return lambda: [one() for one in undo]

    return install


def _provider(seen: list[Any]) -> TracerProvider:
    class Exporter(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            seen.extend(span for span in spans if span.name == "POST")
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Exporter()))
    return provider


def _instrument(seen: list[Any], _: Any) -> Undo:
    HTTPXClientInstrumentor().instrument(tracer_provider=_provider(seen))
    undo: Undo = HTTPXClientInstrumentor().uninstrument
    return undo


def _instrument_client(seen: list[Any], http: Any) -> Undo:
    HTTPXClientInstrumentor.instrument_client(http, tracer_provider=_provider(seen))
    return lambda: HTTPXClientInstrumentor.uninstrument_client(http)


def _event_hooks(seen: list[Any], http: Any) -> Undo:
    async def note(request: Any) -> None:
        seen.append(request)

    is_sync = isinstance(http, httpx.Client)
    http.event_hooks = {"request": [seen.append if is_sync else note]}
    return lambda: setattr(http, "event_hooks", {})


def _log(seen: list[Any], _: Any) -> Undo:
    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    log, handler = logging.getLogger(httpx.__name__), Handler()
    log.addHandler(handler)
    log.setLevel(logging.INFO)

    def undo() -> None:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)

    return undo


def _respx(using: str) -> Hook:
    def install(seen: list[Any], _: Any) -> Undo:
        router = respx.MockRouter(using=using, assert_all_called=False)

        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(404)

        router.route().mock(side_effect=answer)
        router.start()
        return router.stop

    return install


CLIENTS = httpx.Client, httpx.AsyncClient
HOOKS: dict[str, Hook] = {
    "Sentry, Elastic APM": _method(CLIENTS, "send"),
    "New Relic": _method(CLIENTS, "send", by_wrapt=True),
    "Datadog": _method(CLIENTS, "_send_single_request", by_wrapt=True),
    "auth": _method(CLIENTS, "_send_handling_auth"),
    "redirects": _method(CLIENTS, "_send_handling_redirects"),
    "transport": _method(
        (httpx.HTTPTransport, httpx.AsyncHTTPTransport), "handle_request", "handle_async_request"
    ),
    "pool": _method(
        (httpcore.ConnectionPool, httpcore.AsyncConnectionPool),
        *("handle_request", "handle_async_request"),
    ),
    "OpenTelemetry": _instrument,
    "logger": _log,
    "respx, httpcore": _respx("httpcore"),
    "respx, httpx": _respx("httpx"),
}
OF_A_CLIENT: dict[str, Hook] = {
    "OpenTelemetry, of a client": _instrument_client,
    "event hooks": _event_hooks,
}
OF_A_PROXY: dict[str, Hook] = {
    "proxy": _method(
        (httpcore.HTTPProxy, httpcore.AsyncHTTPProxy), "handle_request", "handle_async_request"
    )
}


def run(seen: list[Any], run_workflow: Callable[[dict[str, Any]], Any]) -> int:
    """Run a workflow; return how often its request was seen."""
    before = len(seen)
    try:
        run_workflow({})
    except Exception as error:  # a mock's 404
        if "404" not in str(error):
            raise
    return len(seen) - before


def _before(url: str, name: str) -> None:
    """Print how often a request is seen by this hook, sync and async."""
    seen: list[Any] = []
    HOOKS[name](seen, None)
    from dify_workflow import AsyncDifyWorkflow, DifyWorkflow

    options: Any = {"base_url": url, "api_key": "app-x"}
    counts = [run(seen, DifyWorkflow(**options).run_workflow)]
    with asyncio.Runner() as runner:
        start = AsyncDifyWorkflow(**options).run_workflow
        counts.append(run(seen, lambda inputs: runner.run(start(inputs))))
    print(*counts)


if __name__ == "__main__":
    _before(*sys.argv[1:])
