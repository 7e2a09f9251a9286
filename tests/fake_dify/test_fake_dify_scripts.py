"""What makes no sense is refused when it is given, with the place where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fake_dify import (
    Answer,
    Emit,
    End,
    FakeDify,
    Fault,
    FormInput,
    HumanInput,
    Input,
    Iteration,
    Loop,
    Node,
    Parallel,
    Retry,
    ScriptError,
    Text,
)
from places import DSL

A: Any = Node("a")
APP = DSL / "llm.yml"
CUT = "cut inside event"
TWO_ENDS = [End({"x": "a.b"}), End({"y": "a.b"})]
NONSENSE: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], str]] = [
    (Parallel, ([[A]],), {}, "Parallel: branches[0][0] is ["),
    (Parallel, (), {}, "Parallel: branches has no branch"),
    (Parallel, ([],), {}, "Parallel: branches[0] has no steps"),
    (Parallel, ("ab",), {}, "Parallel: branches[0] is 'ab' (str)"),
    (Parallel, (Node,), {}, "Parallel: branches[0] is the class Node"),
    (Parallel, ([End({"x": "a.b"})],), {}, "Parallel: branches[0] has an End"),
    (FakeDify, (), {"workflow": ["x"]}, "App: workflow[0] is 'x' (str), not a Step"),
    (FakeDify, (), {"workflow": "x"}, "App: workflow is 'x' (str), not a list of Step"),
    (FakeDify, (), {"workflow": A}, "App: workflow is Node("),
    (FakeDify, (), {"workflow": [Node]}, "App: workflow[0] is the class Node"),
    (FakeDify, (), {"workflow": [[A]]}, "App: workflow[0] is [Node("),
    (FakeDify, (), {"workflow": TWO_ENDS}, "App: workflow has more than one End"),
    (FakeDify, (), {"form": ["x"]}, "App: form[0] is 'x' (str), not an Input"),
    (FakeDify, (), {"form": [Input("a"), Input("a")]}, "App: form has two inputs of the name 'a'"),
    (FakeDify, (), {"two_forms": "x"}, "FakeDify: two_forms is 'x' (str), not 'together' or "),
    (FakeDify, (), {"eof_delay": -1}, "FakeDify: eof_delay is -1 (int), not a number of 0 or more"),
    (FakeDify, (1.16,), {}, "FakeDify: version is 1.16 (float), not text"),
    (
        FakeDify,
        (),
        {"app_file": APP, "form": []},
        "FakeDify: app_file has a workflow and a form o",
    ),
    (FakeDify, (), {"values": {}}, "FakeDify: values are given without an app_file"),
    (Text, ("Hello",), {}, "Text: chunks is 'Hello' (str), not a list of text"),
    (Text, ([1],), {}, "Text: chunks[0] is 1 (int), not text"),
    (Node, ("a", "x"), {}, "Node: outputs is 'x' (str), not a dict or a function"),
    (Node, ("a",), {"seconds": "1"}, "Node: seconds is '1' (str)"),
    (End, (["llm.text"],), {}, "End: outputs is ['llm.text'] (list), not a dict"),
    (End, ({"a": "llm"},), {}, "End: outputs['a'] is 'llm', not 'node.variable'"),
    (Iteration, ("abc",), {}, "Iteration: items is 'abc' (str)"),
    (Iteration, ([1], A), {}, "Iteration: body is Node("),
    (Iteration, ([1], []), {}, "Iteration: body has no steps"),
    (Loop, (0,), {}, "Loop: rounds is 0, not 1 to 10"),
    (Retry, (0,), {}, "Retry: times is 0"),
    (HumanInput, ("a",), {"actions": ["ok"]}, "HumanInput: actions is ['ok'] (list), not a dict"),
    (HumanInput, ("a",), {"inputs": ["x"]}, "HumanInput: inputs[0] is 'x' (str)"),
    (FormInput, ("a", "text"), {}, "FormInput: type is 'text' (str), not 'paragraph' or "),
    (FormInput, ("a", "select"), {}, "FormInput: a select has no options"),
    (Input, ("a", "select"), {"options": "ab"}, "Input: options is 'ab' (str), not a list of text"),
    (Fault, (), {"on": "rnu"}, "Fault: on is 'rnu', not an operationId or one of run, events"),
    (Fault, (), {"then": "explode"}, "Fault: then is 'explode' (str)"),
    (Fault, (), {"after_events": 1, "after_bytes": 1}, "Fault: give one of after_events, after_by"),
    (Fault, (), {"before_headers": True, "then": CUT}, "Fault: 'cut inside event' needs an answer"),
    (Answer, (), {"body": [1]}, "Answer: body is [1] (list), not a dict or text"),
    (Emit, (3,), {}, "Emit: event is 3 (int), not text"),
]


@pytest.mark.parametrize(
    ("make", "positional", "named", "told"), NONSENSE, ids=[case[3][:40] for case in NONSENSE]
)
def test_it_is_refused_when_it_is_given(
    make: Callable[..., Any], positional: tuple[Any, ...], named: dict[str, Any], told: str
) -> None:
    with pytest.raises(ScriptError) as refused:
        make(*positional, **named)
    assert str(refused.value).startswith(told)


def test_it_is_refused_later_too() -> None:
    dify = FakeDify()
    nonsense: Any = "x"
    with pytest.raises(ScriptError, match="App: workflow is 'x'"):
        dify.workflow = nonsense
    with pytest.raises(ScriptError, match="App: workflow is 'x'"):
        dify.app("app-two", nonsense)
    with pytest.raises(ScriptError, match="App: form is 'x'"):
        dify.default_app.form = nonsense
    with pytest.raises(ScriptError, match="ping_interval is 0"):
        dify.ping_interval = 0
    assert dify.ping_interval == 10.0  # as before
    with pytest.raises(ScriptError, match=r"faults.add: fault is 'x' \(str\)"):
        dify.faults.add(nonsense)
