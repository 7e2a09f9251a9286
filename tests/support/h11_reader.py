"""A response as h11 reads it."""

from __future__ import annotations

import h11


def through_h11(head: bytes, stream: bytes, *, closed: bool = False) -> tuple[bytes, bool]:
    """The body, and whether it is complete, as h11 reads it; raises what h11 raises."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(head + stream)
    if closed:
        connection.receive_data(b"")
    body = b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Data):
            body += event.data
        elif event is h11.NEED_DATA or isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return body, isinstance(event, h11.EndOfMessage)
