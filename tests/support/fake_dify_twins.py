"""Twins of the recorded apps for FakeDify."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from fake_dify import (
    End,
    Fail,
    FakeDify,
    FormInput,
    Gate,
    HumanInput,
    Input,
    Iteration,
    Loop,
    Node,
    NodeFailed,
    Parallel,
    Partial,
    PipelineError,
    Step,
    Text,
)
from fake_dify_recorded import broken_answers
from wire_archive import exchanges

TEXT = [Input("text")]
ECHO = [
    Input("text", required=True, label="Text 文本", max_length=200000),
    Input("short", max_length=10),
    Input("para", "paragraph"),
    Input("choice", "select", options=("a", "b", "c")),
    Input("num", "number"),
    Input("flag", "checkbox"),
    Input("obj", "json_object"),
    Input("doc", "file", allowed_file_types=("document", "image")),
    Input("docs", "file-list", max_length=3, allowed_file_types=("document", "image")),
]
ACTIONS = {"approve": "Approve", "reject": "Reject"}
VALUES = {
    "s": "x",
    "es": "",
    "i": 1,
    "f": 1.5,
    "big": 9007199254740993,
    "b": True,
    "n": None,
    "o": {"k": {"d": [1, 2.5]}, "u": "你好\u2028😀"},
    "ao": [{"a": 1}, {"b": None, "c": {}}],
    "as_": ["p", "q"],
    "an": [1, 2.5],
    "ab": [True, False],
    "eo": {},
    "ea": [],
}


def _item(values: Any) -> dict[str, str]:
    return {"result": f"item {values['item']} at {values['index']}"}


def _failing_item(values: Any) -> dict[str, str]:
    if values["item"] == 1:
        raise NodeFailed("bad item 1")
    return _item(values)


def _iteration(body: Any, *, continues: bool = False) -> Any:
    return [
        Node("mk", lambda values: {"result": list(range(int(values["n"])))}),
        Iteration(lambda values: values["mk.result"], [Node("body", body)], continues=continues),
        End({"out": "iter.output"}),
    ]


def slow(gate: Gate | None = None) -> Sequence[Step]:
    """Return the three nodes of the slow app, the first one held at `gate`."""
    gates = {"slow1": gate, "slow2": None, "slow3": None}
    nodes = [Node(name, {"result": f"{name} slept"}, gate=gate) for name, gate in gates.items()]
    return [*nodes, End({f"r{n}": f"slow{n}.result" for n in (1, 2, 3)})]


def _llm(inputs: Any) -> Any:
    text = inputs["text"]
    count = int((re.search(r"tokens=(\d+)", text) or [0, 8])[1])
    error = "the fake model fell over" if "error" in text else None
    reasoning = ["let me ", "think ", "about it"] if "think" in text else ""
    words = [f"tok{n} " for n in range(count)]
    if "unicode" in text:
        words = ["你好", "😀", "\u2028", "é", "tok0 ", "tok1 "]
    elif error is not None:
        words = words[:4]
    end = {"text": "llm.text", "reasoning": "llm.reasoning_content", "usage": "llm.usage"}
    seconds = 0.02 if count == 60 else 0.0  # the recordings that were stopped
    return [Text(words, seconds, error=error, reasoning=reasoning), End(end)]


def _http_file(file: Any, inputs: Any) -> Any:
    files = [] if inputs["path"] == "/json" else [file]
    outputs = {"status_code": 200, "body": "", "headers": {"server": "x"}, "files": files}
    names = {"body": "req.body", "code": "req.status_code", "headers": "req.headers"}
    return [Node("req", outputs, type="http-request"), End({**names, "files": "req.files"})]


@contextmanager
def running_twins(versions: Iterable[str], idle_limit: float) -> Iterator[dict[str, FakeDify]]:
    """Give a server with the twins for each version; what breaks the contract fails at the end."""
    servers = {v: FakeDify(v, eof_delay=0.0, idle_limit=idle_limit) for v in versions}
    for dify in servers.values():
        dify.start()
        add_twins(dify)
        dify.add_run(app=dify.world.apps["twin-echo"])  # whichever test comes first
    yield servers
    for dify in servers.values():
        dify.stop()
    assert [text for dify in servers.values() for text in broken_answers(dify)] == []


def _workflow_id(version: str, case: str) -> str:
    found = exchanges(version, f"run_by_id/{case}")
    return found[0].path.split("/")[3] if found else str(uuid.uuid4())


def add_twins(dify: FakeDify) -> None:
    """Give `dify` an app `twin-NAME` for each recorded app that the tests use."""
    dify.world.account = "lab@example.com"
    has_objects = dify.world.rules.since(1, 11)
    form = [item for item in ECHO if has_objects or item.type != "json_object"]
    echo = dify.app("twin-echo", form=form)
    echo.workflow_id = _workflow_id(dify.version, "published_")
    echo.draft_id = _workflow_id(dify.version, "draft_")
    n, seconds = [Input("n", "number")], [Input("seconds", "number")]
    dify.app("twin-empty", form=[])
    dify.app("twin-chat", mode="chat", form=[])
    dify.app("twin-chatflow", mode="advanced-chat", form=TEXT)
    dify.app("twin-unpublished", published=False, form=TEXT)
    dify.app("twin-disabled", enabled=False)
    dify.app("twin-badgraph", [PipelineError()], form=[])
    dify.app("twin-fail_code", [Fail()], form=TEXT)
    dify.app("twin-fail_http", [Fail("[Errno 111] Connection refused", "req")], form=[])
    dify.app("twin-partial_default", [Partial(), End({"r": "bad.result"})], form=TEXT)
    dify.app("twin-iteration", _iteration(_item), form=n)
    dify.app("twin-iteration_fail", _iteration(_failing_item), form=n)
    dify.app("twin-iteration_continue", _iteration(_failing_item, continues=True), form=n)
    body = [Node("lbody", lambda v: {"r": v["index"] + 2}), Node("assign", type="assigner")]
    dify.app("twin-loop", [Loop(3, body), End({"num": "loop.num"})], form=n)
    dify.app("twin-slow", slow(), form=seconds)
    one = [Node("slow1", {"result": "slept"}, seconds=0.2), End({"r1": "slow1.result"})]
    dify.app("twin-slow1", one, form=seconds)
    dify.app("twin-limited", one, form=seconds, max_active_requests=2)
    dify.app("twin-llm", _llm, form=TEXT)
    dify.app("twin-tts", form=TEXT, speech=True)
    types = End({name: f"mk.{name}" for name in (*VALUES, "missing")})
    dify.app("twin-types", [Node("mk", VALUES), types], form=[])
    branch = [
        Node("ifelse", {"result": True, "selected_case_id": "true"}, type="if-else"),
        Node("tpl", {"output": "A"}, type="template-transform"),
        Node("agg", {"output": "A"}, type="variable-aggregator"),
    ]
    dify.app("twin-branch", [*branch, End({"out": "agg.output"})], form=TEXT)
    sleepers = [Node(f"p{n}", {"r": n}, seconds=0.3) for n in range(3)]
    dify.app("twin-parallel", [Parallel(*sleepers)], form=TEXT)
    dify.app("twin-http_file", partial(_http_file, dify.file("made.txt", b"hello")))
    _add_human_twins(dify)


def _add_human_twins(dify: FakeDify) -> None:
    name = [Input("name")]
    fields = [FormInput("comment", default="looks good")]
    ask = HumanInput("ask", "Hello {{#start.name#}}, {{#$output.comment#}}", fields, ACTIONS)
    end = End({"comment": "ask.comment", "action": "ask.__action_id", "decision": "start.name"})
    dify.app("twin-human", [ask, end], form=name)
    rich = [
        FormInput("note"),
        FormInput("pick", "select", options=("red", "green")),
        FormInput("att", "file"),
        FormInput("atts", "file-list"),
    ]
    asked = HumanInput("ask", "Pick {{#$output.pick#}}", rich, ACTIONS)
    outputs = End({item.name: f"ask.{item.name}" for item in rich})
    dify.app("twin-human_rich", [asked, outputs], form=[])
    ok = {"ok": "OK"}
    two = [
        Node("pre", {"r": "pre"}),
        HumanInput("ask1", "Step 1", [FormInput("c1", default_from="start.name")], ok),
        Node("mid", {"r": "mid"}),
        HumanInput("ask2", "Step 2", [FormInput("c2")], ok),
        End({"c1": "ask1.c1", "c2": "ask2.c2", "mid": "mid.r"}),
    ]
    dify.app("twin-human2", two, form=name)
