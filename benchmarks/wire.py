"""The bytes that the server sends: a run's events as Dify 1.14.2 frames them."""

from __future__ import annotations

import functools
import json
from typing import Any

RUN = "5aa51cd6-c595-412c-bd07-499a66f5a3cb"
TASK = "51999a41-af22-409d-8ff1-420149f529e9"
WORKFLOW = "7dc86f54-c326-4c6a-9fd5-6d022959e79c"
NODE = "996eb359-5bfa-4a00-bc1a-ad9ffa3b4c52"
USER = "e63a7658-9b02-4028-882a-a6043c616b28"
OUTPUT = "The whole answer, as the last node put it together."
PING = b"event: ping\n\n"
LAST_CHUNK = b"0\r\n\r\n"
BLOCK = 10_000  # events; longer streams repeat a block of so many
EVENTS_PER_PING = 1000  # Dify pings every 10 s

WORDS = (
    *(" the", " quick", "\n\n", " brown", " fox's", ' "jump"', " over", " a", " lazy", " dog"),
    *(" naïve", " 你好", ".", ",", " Zażółć", "\t-", " 3.14", " \\n", " token", " 🦊"),
)

_HEAD = """\
Server: gunicorn
Date: Sun, 22 Nov 2026 08:49:06 GMT
Connection: keep-alive
{}
Access-Control-Allow-Origin: *
Access-Control-Expose-Headers: X-Env, X-Trace-Id, X-Version
X-Version: 1.14.2
X-Env: PRODUCTION
Vary: Cookie

"""


def head(status: str, *fields: str) -> bytes:
    """The head of an answer, with its own fields among those that every answer has."""
    lines = f"HTTP/1.1 {status}\n" + _HEAD.format("\n".join(fields))
    return lines.replace("\n", "\r\n").encode()


STREAM_HEAD = head(
    "200 OK", "Transfer-Encoding: chunked", "Content-Type: text/event-stream; charset=utf-8"
)


def answer(status: str, value: Any) -> bytes:
    """A whole JSON answer."""
    body = json.dumps(value).encode()
    kind = "Content-Type: application/json; charset=utf-8"
    return head(status, kind, f"Content-Length: {len(body)}") + body


def frame(event: str, data: dict[str, Any]) -> bytes:
    """One event as Dify writes it: compact JSON, UTF-8 not escaped."""
    whole = {"event": event, "workflow_run_id": RUN, "task_id": TASK, "data": data}
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return b"data: " + text.encode() + b"\n\n"


def text_frame(text: str) -> bytes:
    """A chunk of an LLM's text: about 205 bytes."""
    return frame("text_chunk", {"text": text, "from_variable_selector": ["llm", "text"]})


def http_chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _node(node: str, index: int) -> dict[str, Any]:
    return {
        "id": NODE,
        "node_id": node,
        "node_type": node,
        "title": node.title(),
        "index": index,
        "predecessor_node_id": None,
        "inputs": None,
        "inputs_truncated": False,
        "created_at": 1795337346,
    }


def _finished(node: str, index: int) -> dict[str, Any]:
    return {
        **_node(node, index),
        "process_data": {},
        "process_data_truncated": False,
        "outputs": {"text": OUTPUT},
        "outputs_truncated": False,
        "status": "succeeded",
        "error": None,
        "elapsed_time": 0.000255,
        "execution_metadata": None,
        "finished_at": 1795337346,
        "files": [],
        "iteration_id": None,
        "loop_id": None,
    }


def _started(node: str, index: int) -> dict[str, Any]:
    more = {"extras": {}, "iteration_id": None, "loop_id": None, "agent_strategy": None}
    return {**_node(node, index), **more}


RESULT = {
    "id": RUN,
    "workflow_id": WORKFLOW,
    "status": "succeeded",
    "outputs": {"text": OUTPUT},
    "error": None,
    "elapsed_time": 1.270515,
    "total_tokens": 16,
    "total_steps": 3,
    "created_at": 1795337346,
    "finished_at": 1795337348,
}
FIRST = [
    PING,
    frame(
        "workflow_started",
        {
            "id": RUN,
            "workflow_id": WORKFLOW,
            "inputs": {"text": "hello", "sys.files": [], "sys.user_id": "user-1"},
            "created_at": 1795337346,
            "reason": "initial",
        },
    ),
    frame("node_started", _started("start", 1)),
    frame("node_finished", _finished("start", 1)),
    frame("node_started", _started("llm", 2)),
]
LAST = [
    frame("node_finished", _finished("llm", 2)),
    frame(
        "workflow_finished",
        {
            **RESULT,
            "created_by": {"id": USER, "user": "user-1"},
            "exceptions_count": 0,
            "files": [],
        },
    ),
]
SHORT = [  # a whole run of 12 events
    *FIRST[:4],
    frame("node_started", _started("http-request", 2)),
    frame("node_finished", _finished("http-request", 2)),
    frame("node_started", _started("llm", 3)),
    text_frame("The whole answer, as the"),
    text_frame(" last node put it together."),
    frame("node_finished", _finished("llm", 3)),
    frame("node_started", _started("end", 4)),
    frame("node_finished", _finished("end", 4)),
    LAST[-1],
]
OTHERS = len(FIRST) + len(LAST) - 1  # events that are not text; the ping is none
BLOCKING = answer("200 OK", {"task_id": TASK, "workflow_run_id": RUN, "data": RESULT})


def texts(count: int, size: int | None) -> list[str]:
    """The texts of the chunks; with `size`, each event has about so many bytes."""
    if size is None:
        return [WORDS[number % len(WORDS)] for number in range(count)]
    line = 'All work and no play makes a dull benchmark, said the \\"fox\\".\n'
    return [(line * (size // len(line) + 1))[: max(size - 200, 1)]] * count


@functools.lru_cache(maxsize=8)
def encoded(count: int, size: int | None, framing: str) -> bytes:
    """The text events of a stream in the transfer coding; framing is "event" or "16k"."""
    return framed(_text_frames(count, size), framing)


def _text_frames(count: int, size: int | None) -> list[bytes]:
    made: list[bytes] = []
    for number, text in enumerate(texts(count, size), 1):
        made.append(text_frame(text))
        if not number % EVENTS_PER_PING:
            made.append(PING)
    return made


def framed(frames: list[bytes], framing: str) -> bytes:
    """Frames in the transfer coding: each a chunk of its own, or all in chunks of 16 KB."""
    if framing == "event":
        return b"".join(map(http_chunk, frames))
    data = b"".join(frames)
    return b"".join(http_chunk(data[at : at + 16384]) for at in range(0, len(data), 16384))


def pieces(count: int, size: int | None, framing: str) -> list[bytes]:
    """The body of a stream with so many text events, to be sent piece by piece."""
    blocks, rest = divmod(count, BLOCK)
    middle = [encoded(BLOCK, size, framing)] * blocks if blocks else []
    middle += [encoded(rest, size, framing)] if rest else []
    return [framed(FIRST, framing), *middle, framed(LAST, framing) + LAST_CHUNK]


def expected(count: int, size: int | None = None) -> tuple[int, int]:
    """How many events a client must have read of that stream, and how many characters of text."""
    return count + OTHERS, sum(map(len, texts(count, size)))
