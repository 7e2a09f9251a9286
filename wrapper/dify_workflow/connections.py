"""An open stream's connection: bytes of the body, with a time-out for each read."""

from __future__ import annotations

from collections.abc import Iterator

import h11
import httpcore
import httpx

from .framing import Body, body_of
from .network import OwnStream


def httpx_error(error: Exception) -> httpx.HTTPError:
    """Translate what is raised below httpx."""
    kind = getattr(httpx, type(error).__name__, httpx.ReadError)
    made = kind(str(error))
    assert isinstance(made, httpx.HTTPError)
    return made


def cut_short() -> httpx.RemoteProtocolError:
    """The error of a body that ends too early."""
    return httpx.RemoteProtocolError("the connection was closed inside the body")


def is_complete(body: Body) -> bool:
    """Whether a connection that ended here has ended its body properly."""
    return body.done or type(body) is Body


class Connection:
    """A stream of the sync client. `resumable`: a read that timed out can be repeated."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        stream = response.extensions.get("network_stream")
        body = body_of(response.headers) if isinstance(stream, OwnStream) else None
        self._own = stream if isinstance(stream, OwnStream) and body is not None else None
        self._body = body or Body()
        self._parts: Iterator[bytes] | None = None if self._own else response.iter_bytes()
        self.resumable: bool = self._own is not None

    def read(self, timeout: float) -> bytes | None:
        """Return the next bytes (b"" for framing only), None at the end; raises httpx errors."""
        if self._body.done:
            return None
        try:
            if self._own is None:
                assert self._parts is not None
                return next(self._parts, None)
            data = self._own.read_body(timeout)
            if data:
                return self._body.feed(data)
        except (httpcore.TimeoutException, httpcore.NetworkError, h11.ProtocolError) as error:
            raise httpx_error(error) from error
        if is_complete(self._body):
            return None
        raise cut_short()

    def close(self) -> None:
        """Free the connection; from any thread, any number of times."""
        if self._own is not None:
            self._own.shutdown()
        self._response.close()

    def drop(self) -> None:
        """Close the socket, and nothing else."""
        if self._own is not None:
            self._own.shutdown()
            self._own.close()
