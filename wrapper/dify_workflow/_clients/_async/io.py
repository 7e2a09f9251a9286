"""What the halves do not share: waiting, tasks, connections. For asyncio and trio.

Written by hand, as its twin in `_sync`: the same names with the same meaning.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import time
import weakref
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterator,
    Sequence,
)
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

import anyio
import anyio.lowlevel
import httpx
from h1_streams.connection_handle import BODY, UNTIL, ConnectionHandle
from h1_streams.loops import running_loop

from ..._api.commands import Open
from ..._transport.messages import handle_of, httpcore_errors, httpx_error, own_body
from ..._transport.pools import (
    OWN_CONNECTION,
    StreamTransports,
    TracedConnection,
    TransportSettings,
)
from ..._transport.whole import Decoder
from ...errors import DifyError, invalid

if TYPE_CHECKING:
    from h1_streams.async_connection import AsyncResponseBody, AsyncWaitingHead


class _Closable(Protocol):
    async def aclose(self) -> None: ...


T = TypeVar("T", bound=_Closable)


class Starting(Coroutine[Any, Any, T], Generic[T]):
    """What is awaited for a stream, or entered by `async with`, which closes the stream."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, T]:
        return self._coroutine.__await__()

    def send(self, value: Any, /) -> Any:
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    async def __aenter__(self) -> T:
        self._stream = await self._coroutine
        return self._stream

    async def __aexit__(self, *_: object) -> None:
        await self._stream.aclose()


class Alarm:
    """A wait that can be ended from outside."""

    def __init__(self) -> None:
        self._scope: anyio.CancelScope | None = None

    def ring(self) -> None:
        """End the wait, if there is one."""
        if self._scope is not None:
            self._scope.cancel()

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until it rings."""
        with anyio.CancelScope() as self._scope:
            await anyio.sleep(seconds)
        self._scope = None


async def gather(functions: Sequence[Callable[[], Awaitable[Any]]], at_once: int) -> list[Any]:
    """Call functions, so many at once; raise the first error when all have ended."""
    results: dict[int, Any] = {}
    errors: list[DifyError] = []
    turn = anyio.Semaphore(at_once)

    async def perform(index: int, function: Callable[[], Awaitable[Any]]) -> None:
        async with turn:
            try:
                results[index] = await function()
            except DifyError as error:
                errors.append(error)

    async with anyio.create_task_group() as group:
        for index, function in enumerate(functions):
            group.start_soon(perform, index, function)
    if errors:
        raise errors[0]
    return [results[index] for index in range(len(functions))]


async def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of the caller's; what it returns may be awaitable."""
    given = function(*arguments)
    return await given if inspect.isawaitable(given) else given


def shielded(seconds: float | None = None) -> AbstractContextManager[Any]:
    """Keep a cancellation away from what is done within, for `seconds` at most."""
    if seconds is None:
        return anyio.CancelScope(shield=True)
    return anyio.move_on_after(seconds, shield=True)


_LATER = 0.05  # s after which what does not end by itself is ended


@contextmanager
def _ended(request: httpx.Request, ends: float | None) -> Iterator[None]:
    """Cancel what is done within when its time is over; raises `httpx.ReadTimeout` then."""
    seconds = float("inf") if ends is None else ends - time.monotonic() + _LATER
    with anyio.move_on_after(seconds) as scope:
        yield
    if scope.cancelled_caught:
        raise httpx.ReadTimeout("the answer was not complete in time", request=request)


async def in_time(
    http: httpx.AsyncClient,
    request: httpx.Request,
    send: Callable[[], Awaitable[httpx.Response]],
) -> httpx.Response:
    """Send a request and wait for the head of its response, until all must be over."""
    if (ends := request.extensions.get(UNTIL)) is None:
        return await send()
    with _ended(request, ends):
        return await send()


def reading(response: httpx.Response) -> AbstractContextManager[None]:
    """Return what ends the reading of a body when all must be over."""
    ends = response.request.extensions.get(UNTIL)
    return nullcontext() if ends is None else _ended(response.request, ends)


class AsyncSteps(Protocol):
    """A stream, as far as its reader goes."""

    @property
    def closed(self) -> bool: ...

    async def _step(self, *, ahead: bool) -> None: ...


class BackgroundReader:
    """As `_sync`'s, in an asyncio task."""

    def __init__(self, stream: AsyncSteps) -> None:
        self._stream = weakref.ref(stream)
        self._changed = asyncio.Event()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise invalid("read_ahead", "needs asyncio") from None
        self._task = loop.create_task(self._read())

    async def _read(self) -> None:
        try:
            while (stream := self._stream()) is not None and not stream.closed:
                await stream._step(ahead=True)
                del stream
                self._changed.set()
        except Exception:
            pass  # kept by the stream
        finally:
            self._changed.set()

    async def wait(self, seconds: float | None) -> None:
        """Wait for the next step, or its end, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
        if not self._task.done():
            self._changed.clear()


class _Body(httpx.AsyncByteStream):
    """The body of a response that was waited for."""

    def __init__(self, body: AsyncResponseBody) -> None:
        self._stream = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._stream:
                yield data
        except httpcore_errors() as error:
            raise httpx_error(error) from error

    async def aclose(self) -> None:
        await self._stream.aclose()


class AsyncPendingStream:
    """A stream of the async client of whose answer no byte has come yet."""

    def __init__(self, head: AsyncWaitingHead, request: httpx.Request, command: Open) -> None:
        self.command: Open = command
        self._head = head
        self._request = request

    def shutdown(self) -> None:
        """End the connection without waiting, from any thread."""
        self._head.shutdown()

    async def aclose(self) -> None:
        """Free the connection."""
        with shielded():
            await self._head.aclose()

    def abandon(self) -> None:
        """End the connection of a stream that nobody has any more."""
        self.shutdown()

    async def wait(self, timeout: float) -> httpx.Response:
        """Return the response; raises httpx errors, after a time-out it can be waited on."""
        try:
            response = await self._head.wait(timeout)
        except httpcore_errors() as error:
            raise httpx_error(error, self._request) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.extensions[BODY]),
            extensions=response.extensions,
            request=self._request,
        )


async def decoded(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body in pieces of a bounded size, however it is compressed."""
    if response.is_stream_consumed:  # by somebody who keeps it, as vcrpy does
        async for piece in response.aiter_bytes():
            yield piece
        return
    decoder = Decoder(response)
    async for data in response.aiter_raw():
        for piece in decoder.feed(data):
            yield piece
    decoder.end()


class AsyncOpenStream:
    """A stream of the async client. `resumable`: a read that timed out can be repeated."""

    def __init__(self, response: httpx.Response, ends: float | None) -> None:
        self._response = response
        self._ends = ends
        self._loop = running_loop()
        self._handle = handle_of(response)
        self._own: AsyncResponseBody | None = own_body(response)
        self._parts: AsyncGenerator[bytes] | None = None
        if self._own is None:
            self._parts = cast("AsyncGenerator[bytes]", decoded(response))
        self.resumable: bool = self._own is not None

    async def read(self, timeout: float) -> bytes | None:
        """Return the next bytes (b"" for framing only), None at the end; raises httpx errors."""
        try:
            if self._own is not None:
                return await self._own.read(timeout)
            assert self._parts is not None
            with _ended(self._response.request, self._ends):
                return await anext(self._parts, None)
        except httpcore_errors() as error:
            raise httpx_error(error, self._response.request) from error
        except httpx.StreamError as error:  # somebody has begun to read it, or has closed it
            raise httpx.ReadError(str(error), request=self._response.request) from error

    def shutdown(self) -> None:
        """End the connection without waiting, from any thread."""
        self._handle.shutdown()

    def abandon(self) -> None:
        """End the connection of a stream that nobody has any more."""
        self.shutdown()
        if self._own is None and self._loop is not None and not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._response.aclose(), self._loop)

    async def aclose(self) -> None:
        """Free the connection; any number of times."""
        if self._own is not None and self._loop is not None:
            await self._response.aclose()  # it waits for nothing
            return
        self._handle.shutdown()
        with shielded():
            await self._response.aclose()
            if self._parts is not None:
                try:
                    await self._parts.aclose()
                except RuntimeError:
                    pass  # another task reads from it, and ends it


class AsyncRouter(httpx.AsyncBaseTransport):
    """The transport of the async client."""

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._loops: dict[object, _LoopConnections] = {}  # by event loop, or run of trio
        self._streams = StreamTransports(partial(_transport, settings))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._settings.note_proxy(request)
        here = await self._here()
        handle = request.extensions.get(OWN_CONNECTION)
        if handle is None:
            return await here.pool(request.url, self._settings).handle_async_request(request)
        here.handles.add(handle)
        transport, traced = self._streams.get(request.url, handle)
        if traced is not None:
            request.extensions["trace"] = traced.atrace
            here.streams.add(transport)
        response: httpx.Response = await transport.handle_async_request(request)
        return response

    async def _here(self) -> _LoopConnections:
        """The connections of the running event loop."""
        loop = _loop()
        if loop not in self._loops:
            for old in list(self._loops):
                if isinstance(old, asyncio.AbstractEventLoop) and old.is_closed():
                    self._loops.pop(old, None)  # another thread may do so too
            here = self._loops[loop] = _LoopConnections()
            await here.close_with_the_loop(lambda: self._loops.pop(loop, None))
        return self._loops[loop]

    async def aclose(self) -> None:
        here = self._loops.get(_loop())
        if here is not None:
            await here.close_pools()  # streams go on


class _LoopConnections:
    """What belongs to one event loop: its pools, and the streams that are open in it."""

    def __init__(self) -> None:
        self.handles: weakref.WeakSet[ConnectionHandle] = weakref.WeakSet()
        self.streams: weakref.WeakSet[httpx.AsyncHTTPTransport] = weakref.WeakSet()  # httpx's
        self._pools: dict[tuple[int, str, str], httpx.AsyncHTTPTransport] = {}
        self._guard: AsyncGenerator[None, None] | None = None

    def pool(self, url: httpx.URL, settings: TransportSettings) -> httpx.AsyncHTTPTransport:
        key = (os.getpid(), url.scheme, url.host)
        if key not in self._pools:
            self._pools[key], _ = _transport(settings, url)
        return self._pools[key]

    async def close_with_the_loop(self, forget: Callable[[], object]) -> None:
        """Close it all when `asyncio.run` or `trio.run` ends, with all async generators in it."""
        self._guard = self._until_the_end(forget)
        await anext(self._guard)

    async def _until_the_end(self, forget: Callable[[], object]) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            forget()
            try:
                for handle in self.handles:
                    handle.shutdown()
                for transport in list(self.streams):
                    await transport.aclose()
            finally:
                await self.close_pools()

    async def close_pools(self) -> None:
        pools = [pool for (pid, _, _), pool in self._pools.items() if pid == os.getpid()]
        self._pools.clear()
        for pool in pools:
            await pool.aclose()
        await anyio.lowlevel.checkpoint()  # asyncio closes their sockets in its next turn


def _loop() -> object:
    return running_loop() or anyio.lowlevel.current_token()


def _transport(
    settings: TransportSettings, url: httpx.URL, handle: ConnectionHandle | None = None
) -> tuple[httpx.AsyncHTTPTransport, TracedConnection | None]:
    from h1_streams.async_connection import AsyncConnection  # with httpcore, as late as httpx

    transport = httpx.AsyncHTTPTransport(**settings.arguments(url, own=handle is not None))
    return transport, settings.connect_by(transport, url, AsyncConnection, handle)
