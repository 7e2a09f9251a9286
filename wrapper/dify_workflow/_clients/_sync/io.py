"""What the halves do not share: waiting, threads, connections.

Written by hand, as its twin in `_async`: the same names with the same meaning.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Protocol

import httpx
from h1_streams.connection_handle import BODY, UNTIL, ConnectionHandle, shut_down

from ..._api.commands import Open
from ..._transport.messages import handle_of, httpcore_errors, httpx_error, own_body
from ..._transport.pools import (
    OWN_CONNECTION,
    OwnClient,
    StreamTransports,
    TracedConnection,
    TransportSettings,
)
from ..._transport.whole import Decoder

if TYPE_CHECKING:
    from h1_streams.connection import ResponseBody, WaitingHead


class Alarm:
    """A wait that can be ended from outside."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """End the wait, and those to come."""
        self._rung.set()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it rings."""
        self._rung.wait(seconds)


def gather(functions: Sequence[Callable[[], Any]], at_once: int) -> list[Any]:
    """Call functions, so many at once; raise the first error when all have ended."""
    from concurrent.futures import ThreadPoolExecutor

    contexts = [copy_context() for _ in functions]  # with the caller's span
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda context, function: context.run(function), contexts, functions))


def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of the caller's."""
    return function(*arguments)


def shielded(seconds: float | None = None) -> AbstractContextManager[Any]:
    """Nothing to keep away: a thread is not cancelled, and the request has its time-out."""
    return nullcontext()


_LATER = 0.05  # s after which what does not end by itself is ended


class _Left:
    """A call in a thread of its own, which is left there when its time is over."""

    def __init__(self, send: Callable[[], httpx.Response]) -> None:
        self._send = send
        self._context = copy_context()
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._left = False
        self._response: httpx.Response | None = None
        self._error: BaseException | None = None

    def __call__(self, seconds: float) -> httpx.Response | None:
        """Return what the call returns, or raise what it raises; None when its time is over."""
        threading.Thread(target=self._run, name="dify-workflow", daemon=True).start()
        try:
            self._over.wait(seconds)
        finally:
            with self._turn:
                self._left = True
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return self._response

    def _run(self) -> None:
        response: httpx.Response | None = None
        try:
            response = self._context.run(self._send)
        except BaseException as error:
            self._error = error
        with self._turn:
            if not self._left:
                self._response, response = response, None
        self._over.set()
        if response is not None:
            response.close()


def in_time(
    http: httpx.Client, request: httpx.Request, send: Callable[[], httpx.Response]
) -> httpx.Response:
    """Send a request and wait for the head of its response, until all must be over.

    Connections of ours see to it themselves. httpx's know a timeout for each read alone.
    """
    ends = request.extensions.get(UNTIL)
    if ends is None or not _by_httpx(http, request.url):
        return send()
    response = _Left(send)(ends - time.monotonic() + _LATER)
    if response is None:
        raise httpx.ReadTimeout("no answer in time", request=request)
    return response


def _by_httpx(http: httpx.Client, url: httpx.URL) -> bool:
    """Whether connections of httpx's are used; not a transport that somebody has written."""
    if isinstance(http, OwnClient):
        transport = http._transport
        return isinstance(transport, Router) and not transport.is_own(url)
    find = getattr(http, "_transport_for_url", None)
    return find is not None and isinstance(find(url), httpx.HTTPTransport)


@contextmanager
def reading(response: httpx.Response) -> Iterator[None]:
    """End the reading of a body when all must be over; raises `httpx.ReadTimeout` then."""
    watch = _Watch(response, response.request.extensions.get(UNTIL))
    try:
        yield
    except httpx.HTTPError:
        watch.check()
        raise
    finally:
        watch.stop()
    watch.check()


class _Watch:
    """Ends a connection of httpx's, which is read in this thread, at some time."""

    def __init__(self, response: httpx.Response, ends: float | None) -> None:
        self._request = response.request
        self._stream: Any = response.extensions.get("network_stream")
        self._rung = False
        self._timer: threading.Timer | None = None
        if ends is not None and self._stream is not None and BODY not in response.extensions:
            self._timer = threading.Timer(ends - time.monotonic() + _LATER, self._ring)
            self._timer.daemon = True
            self._timer.start()

    def _ring(self) -> None:
        self._rung = True
        shut_down(self._stream.get_extra_info("socket"))

    def check(self) -> None:
        """Raise `httpx.ReadTimeout` when the time was over."""
        if self._rung:
            raise httpx.ReadTimeout("the answer was not complete in time", request=self._request)

    def stop(self) -> None:
        """End nothing from now on."""
        if self._timer is not None:
            self._timer.cancel()


class Steps(Protocol):
    """A stream, as far as its reader goes."""

    @property
    def closed(self) -> bool: ...

    def _step(self, *, ahead: bool) -> None: ...


class BackgroundReader:
    """Steps through a stream in a thread until it is closed, or nobody has it any more.

    `wait` returns when something may have changed. An exception ends it: the stream itself keeps it
    for whoever reads on.
    """

    def __init__(self, stream: Steps) -> None:
        self._stream = weakref.ref(stream)
        self._changed = threading.Condition()
        self._steps = 0
        self._seen = 0
        self._thread = threading.Thread(target=self._read, name="dify-workflow", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while (stream := self._stream()) is not None and not stream.closed:
                stream._step(ahead=True)
                del stream
                self._notify()
        except BaseException:
            pass  # kept by the stream
        finally:
            self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._steps += 1
            self._changed.notify_all()

    def wait(self, seconds: float | None) -> None:
        """Wait for the next step, or its end, at most so long."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._steps != self._seen or not self._thread.is_alive(), seconds
            )
            self._seen = self._steps


class _Body(httpx.SyncByteStream):
    """The body of a response that was waited for."""

    def __init__(self, body: ResponseBody) -> None:
        self._stream = body

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except httpcore_errors() as error:
            raise httpx_error(error) from error

    def close(self) -> None:
        self._stream.close()


class PendingStream:
    """A stream of the sync client of whose answer no byte has come yet."""

    def __init__(self, head: WaitingHead, request: httpx.Request, command: Open) -> None:
        self.command: Open = command
        self._head = head
        self._request = request

    def close(self) -> None:
        """Free the connection."""
        self._head.close()

    def abandon(self) -> None:
        """End the connection of a stream that nobody has any more."""
        self.close()

    def wait(self, timeout: float) -> httpx.Response:
        """Return the response; raises httpx errors, after a time-out it can be waited on."""
        try:
            response = self._head.wait(timeout)
        except httpcore_errors() as error:
            raise httpx_error(error, self._request) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.extensions[BODY]),
            extensions=response.extensions,
            request=self._request,
        )


def decoded(response: httpx.Response) -> Iterator[bytes]:
    """The body in pieces of a bounded size, however it is compressed."""
    if response.is_stream_consumed:  # by somebody who keeps it, as vcrpy does
        yield from response.iter_bytes()
        return
    decoder = Decoder(response)
    for data in response.iter_raw():
        yield from decoder.feed(data)
    decoder.end()


class OpenStream:
    """A stream of the sync client. `resumable`: a read that timed out can be repeated."""

    def __init__(self, response: httpx.Response, ends: float | None) -> None:
        self._response = response
        self._watch = _Watch(response, ends)
        self._handle = handle_of(response)
        self._own: ResponseBody | None = own_body(response)
        self._parts = None if self._own else decoded(response)
        self.resumable: bool = self._own is not None

    def read(self, timeout: float) -> bytes | None:
        """Return the next bytes (b"" for framing only), None at the end; raises httpx errors."""
        try:
            if self._own is not None:
                return self._own.read(timeout)
            assert self._parts is not None
            return next(self._parts, None)
        except httpcore_errors() as error:
            raise httpx_error(error, self._response.request) from error
        except httpx.StreamError as error:  # somebody has begun to read it, or has closed it
            raise httpx.ReadError(str(error), request=self._response.request) from error

    def close(self) -> None:
        """Free the connection; from any thread, any number of times."""
        self._watch.stop()
        if self._own is None:  # else closing the response does it
            self._handle.shutdown()
        self._response.close()

    def abandon(self) -> None:
        """Free the connection of a stream that nobody has any more."""
        if not sys.is_finalizing():
            self.close()
        elif stream := self._response.extensions.get("network_stream"):
            self._handle.shutdown()
            stream.close()  # the socket alone: httpx's modules may be gone by now


class Router(httpx.BaseTransport):
    """The transport of the sync client."""

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._pools: dict[tuple[int, str, str], httpx.HTTPTransport] = {}
        self._streams = StreamTransports(self._transport)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._settings.note_proxy(request)
        handle = request.extensions.get(OWN_CONNECTION)
        if handle is None:
            return self._pool(request.url).handle_request(request)
        transport, traced = self._streams.get(request.url, handle)
        if traced is not None:
            request.extensions["trace"] = traced.trace
        response: httpx.Response = transport.handle_request(request)
        return response

    def is_own(self, url: httpx.URL) -> bool:
        """Whether connections to a URL are ours."""
        return self._settings.is_own(url)

    def _transport(
        self, url: httpx.URL, handle: ConnectionHandle | None = None
    ) -> tuple[httpx.HTTPTransport, TracedConnection | None]:
        from h1_streams.connection import Connection  # with httpcore, which httpx imports as late

        arguments = self._settings.arguments(url, own=handle is not None)
        transport = httpx.HTTPTransport(**arguments)
        return transport, self._settings.connect_by(transport, url, Connection, handle)

    def _pool(self, url: httpx.URL) -> httpx.HTTPTransport:
        key = (os.getpid(), url.scheme, url.host)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools.setdefault(key, self._transport(url)[0])
        return pool

    def close(self) -> None:
        for (pid, _, _), pool in list(self._pools.items()):
            if pid == os.getpid():  # a parent's connections are not ours to close
                pool.close()
        self._pools.clear()
