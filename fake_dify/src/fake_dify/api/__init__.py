"""What each operation of the contract answers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from ..contract import Operation, contract
from ..replies import EVENTS, PING, Reply, each, frame
from . import app, forms, logs, runs
from .request import ApiRequest

Handler = Callable[[ApiRequest], Awaitable[Reply]]


def handler(operation: Operation) -> Handler:
    """Return the function of an operation's name; what is not played gives contract examples."""
    name = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", operation.id)
    return next(
        (vars(one)[name] for one in (app, forms, logs, runs) if name in vars(one)), _example
    )


async def _example(request: ApiRequest) -> Reply:
    status, media, body = contract().example_reply(request.spec)
    if media == "application/json":
        return Reply(body, status)
    if media != "text/event-stream":
        return Reply(None, status, media, content=str(body or "").encode())
    events = body if isinstance(body, list) else [body]
    frames = [event.encode() if isinstance(event, str) else frame(event) for event in events]
    return Reply(media=EVENTS, content=each([PING, *frames]))
