"""Recorded runs that pause, and their forms."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from facade import Kind, client
from recorded_runs import request_of
from replay_server import ReplayServer, Reply
from wire_archive import Exchange, exchange

OK = Reply.json(200, {})


def recorded(case: str) -> Exchange:
    return exchange("1.14.2", f"human/{case}")


def start(kind: Kind, item: Exchange, change: Callable[[Any], None] | None = None) -> Any:
    """The response of a recorded run that pauses."""
    reply = Reply.of(item)
    if change is not None:
        reasons = item.events()[-1]["data"]["reasons"]
        changed = copy.deepcopy(reasons[0])
        change(changed)
        last = copy.deepcopy(item.events()[-1])
        last["data"]["reasons"][0] = changed
        reply = Reply.stream(*item.frames()[:-1], b"data: %b\n\n" % json.dumps(last).encode())
    with ReplayServer([reply]) as server, client(kind, server) as dify:
        return dify.run_workflow(request_of(item))


# An answer that fits the form of `one_start`.
ANSWER: dict[str, Any] = {"action": "approve", "inputs": {"comment": "你好 \u2028 fine"}}
