"""A response as h11 reads it."""

from __future__ import annotations

from collections.abc import Iterator

import h11


def h11_events(stream: bytes, *, closed: bool = False) -> Iterator[h11.Event]:
    """What h11 finds in a response, to its end or as far as it has come; raises what h11 raises."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(stream)
    if closed:
        connection.receive_data(b"")
    event: object = None
    while not isinstance(event, h11.EndOfMessage):
        event = connection.next_event()
        if event is h11.NEED_DATA or isinstance(event, h11.ConnectionClosed):
            return
        assert isinstance(event, h11.Event)
        yield event
