"""The built-in workflows: by key (`app-echo`, `app-human` ...) or by the input `workflow`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base import Step
from ..state import FormInput
from .groups import Iteration, Loop, Parallel
from .human import HumanInput
from .nodes import Fail, Node, Partial, Retry, Text

Inputs = Mapping[str, Any]
OK = {"ok": "OK"}
BUILTINS: dict[str, Callable[[Inputs], Sequence[Step]]] = {}


def _builtin(function: Callable[[Inputs], Sequence[Step]]) -> Callable[[Inputs], Sequence[Step]]:
    BUILTINS[function.__name__.replace("_", "-")] = function
    return function


@_builtin
def echo(inputs: Inputs) -> Sequence[Step]:
    """Give the inputs back."""
    return []


@_builtin
def slow(inputs: Inputs) -> Sequence[Step]:
    """Three nodes of `seconds` (3) each."""
    seconds = float(inputs.get("seconds") or 3)
    names = [f"slow{n}" for n in (1, 2, 3)]
    return [Node(one, {f"r{one[4:]}": f"{one} slept {seconds}"}, seconds) for one in names]


@_builtin
def text(inputs: Inputs) -> Sequence[Step]:
    """A model that streams `tokens` (8) words, `seconds` (0) apart."""
    words = [f"tok{n} " for n in range(int(inputs.get("tokens") or 8))]
    return [Text(words, seconds=float(inputs.get("seconds") or 0.0))]


@_builtin
def failing(inputs: Inputs) -> Sequence[Step]:
    """A code node that raises an exception."""
    return [Fail()]


@_builtin
def partial(inputs: Inputs) -> Sequence[Step]:
    """A failing node with default outputs: the run is `partial-succeeded`."""
    return [Partial()]


@_builtin
def retry(inputs: Inputs) -> Sequence[Step]:
    """A node that succeeds at its second attempt."""
    return [Retry(outputs={"body": "ok", "status_code": 200})]


@_builtin
def iteration(inputs: Inputs) -> Sequence[Step]:
    """An iteration over `n` (3) items."""
    n = inputs.get("n")
    return [Iteration(list(range(3 if n is None else int(n))))]


@_builtin
def loop(inputs: Inputs) -> Sequence[Step]:
    """A loop of three rounds."""
    return [Loop()]


@_builtin
def parallel(inputs: Inputs) -> Sequence[Step]:
    """Three nodes side by side, of `seconds` (0.2)."""
    seconds = float(inputs.get("seconds") or 0.2)
    return [Parallel(*(Node(f"p{n}", {f"r{n}": n}, seconds) for n in range(3)))]


@_builtin
def human(inputs: Inputs) -> Sequence[Step]:
    """One form: a comment, and the actions approve and reject."""
    content = "Hello {{#start.name#}}, please review: {{#$output.comment#}}"
    return [HumanInput("ask", content)]


@_builtin
def human_rich(inputs: Inputs) -> Sequence[Step]:
    """One form with every kind of field."""
    select = FormInput("pick", "select", options=("red", "green"))
    files = [FormInput("att", "file"), FormInput("atts", "file-list")]
    content = (
        "Pick {{#$output.pick#}} file {{#$output.att#}} files {{#$output.atts#}} "
        "note {{#$output.note#}}"
    )
    return [HumanInput("ask", content, [FormInput("note"), select, *files])]


@_builtin
def human_two(inputs: Inputs) -> Sequence[Step]:
    """Two forms, one after the other."""
    return [
        Node("pre", lambda values: {"r": f"pre {values.get('name')}"}),
        HumanInput("ask1", "Step 1: {{#$output.c1#}}", [FormInput("c1")], OK),
        Node("mid", lambda values: {"r": f"mid {values['ask1.c1']}"}),
        HumanInput("ask2", "Step 2: {{#mid.r#}} {{#$output.c2#}}", [FormInput("c2")], OK),
    ]


@_builtin
def human_parallel(inputs: Inputs) -> Sequence[Step]:
    """Two forms at the same time."""
    left = HumanInput("left", "Left: {{#$output.l#}}", [FormInput("l")], OK)
    right = HumanInput("right", "Right: {{#$output.r#}}", [FormInput("r")], OK)
    return [Parallel(left, right)]
