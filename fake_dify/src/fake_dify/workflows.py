"""The built-in workflows: by key (`app-echo`, `app-human` ...) or by the input `workflow`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .groups import Iteration, Loop, Parallel
from .human import FormInput, HumanInput
from .steps import Fail, Node, Partial, Retry, Step, Text

Inputs = Mapping[str, Any]


def _seconds(inputs: Inputs) -> float:
    return float(inputs.get("seconds") or 0.2)


def echo(inputs: Inputs) -> Sequence[Step]:
    """Give the inputs back."""
    return []


def slow(inputs: Inputs) -> Sequence[Step]:
    """Three nodes of `seconds` (0.2) each."""
    seconds = _seconds(inputs)
    return [
        Node(f"slow{n}", {f"r{n}": f"slow{n} slept {seconds}"}, seconds=seconds) for n in (1, 2, 3)
    ]


def text(inputs: Inputs) -> Sequence[Step]:
    """A model that streams `tokens` (8) words."""
    words = [f"tok{n} " for n in range(int(inputs.get("tokens") or 8))]
    return [Text(words, seconds=float(inputs.get("seconds") or 0.0))]


def failing(inputs: Inputs) -> Sequence[Step]:
    """A code node that raises an exception."""
    return [Fail()]


def partial(inputs: Inputs) -> Sequence[Step]:
    """A failing node with default outputs: the run is `partial-succeeded`."""
    return [Partial()]


def retry(inputs: Inputs) -> Sequence[Step]:
    """A node that succeeds at its second attempt."""
    return [Retry(outputs={"body": "ok", "status_code": 200})]


def iteration(inputs: Inputs) -> Sequence[Step]:
    """An iteration over `n` (3) items."""
    n = inputs.get("n")
    return [Iteration(list(range(3 if n is None else int(n))))]


def loop(inputs: Inputs) -> Sequence[Step]:
    """A loop of three rounds."""
    return [Loop()]


def parallel(inputs: Inputs) -> Sequence[Step]:
    """Three nodes side by side."""
    return [Parallel(*(Node(f"p{n}", {f"r{n}": n}, seconds=_seconds(inputs)) for n in range(3)))]


def human(inputs: Inputs) -> Sequence[Step]:
    """One form: a comment, and the actions approve and reject."""
    content = "Hello {{#start.name#}}, please review: {{#$output.comment#}}"
    return [HumanInput("ask", content)]


def human_rich(inputs: Inputs) -> Sequence[Step]:
    """One form with every kind of field."""
    fields = [
        FormInput("note"),
        FormInput("pick", "select", options=("red", "green")),
        FormInput("att", "file"),
        FormInput("atts", "file-list"),
    ]
    content = (
        "Pick {{#$output.pick#}} file {{#$output.att#}} files {{#$output.atts#}} "
        "note {{#$output.note#}}"
    )
    return [HumanInput("ask", content, fields)]


def human_two(inputs: Inputs) -> Sequence[Step]:
    """Two forms, one after the other."""
    ok = {"ok": "OK"}
    return [
        Node("pre", lambda values: {"r": f"pre {values.get('name')}"}),
        HumanInput("ask1", "Step 1: {{#$output.c1#}}", [FormInput("c1")], ok),
        Node("mid", lambda values: {"r": f"mid {values['ask1.c1']}"}),
        HumanInput("ask2", "Step 2: {{#mid.r#}} {{#$output.c2#}}", [FormInput("c2")], ok),
    ]


def human_parallel(inputs: Inputs) -> Sequence[Step]:
    """Two forms at the same time."""
    ok = {"ok": "OK"}
    return [
        Parallel(
            HumanInput("left", "Left: {{#$output.l#}}", [FormInput("l")], ok),
            HumanInput("right", "Right: {{#$output.r#}}", [FormInput("r")], ok),
        )
    ]


BUILTINS: dict[str, Callable[[Inputs], Sequence[Step]]] = {
    "echo": echo,
    "slow": slow,
    "text": text,
    "failing": failing,
    "partial": partial,
    "retry": retry,
    "iteration": iteration,
    "loop": loop,
    "parallel": parallel,
    "human": human,
    "human-rich": human_rich,
    "human-two": human_two,
    "human-parallel": human_parallel,
}
