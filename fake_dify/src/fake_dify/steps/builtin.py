"""The built-in workflows: by key (`app-echo`, `app-human` ...) or by the input `workflow`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from ..base import Step
from ..state import FormInput
from .groups import Iteration, Loop, Parallel
from .human import HumanInput
from .nodes import Fail, Node, Partial, Retry, Text


@frozen
class Builtin:
    """A workflow of the given inputs, and what it does."""

    does: str
    make: Callable[[Mapping[str, Any]], Sequence[Step]]

    def __call__(self, inputs: Mapping[str, Any]) -> Sequence[Step]:
        return self.make(inputs)


def _slow(given: Mapping[str, Any]) -> Sequence[Step]:
    seconds = float(given.get("seconds") or 3)
    names = [f"slow{n}" for n in (1, 2, 3)]
    return [Node(one, {f"r{one[4:]}": f"{one} slept {seconds}"}, seconds) for one in names]


def _text(given: Mapping[str, Any]) -> Sequence[Step]:
    words = [f"tok{n} " for n in range(int(given.get("tokens") or 8))]
    return [Text(words, seconds=float(given.get("seconds") or 0.0))]


def _parallel(given: Mapping[str, Any]) -> Sequence[Step]:
    seconds = float(given.get("seconds") or 0.2)
    return [Parallel(*(Node(f"p{n}", {f"r{n}": n}, seconds) for n in range(3)))]


def _ask(id: str, content: str, field: str) -> HumanInput:
    return HumanInput(id, f"{content} {{{{#$output.{field}#}}}}", [FormInput(field)], {"ok": "OK"})


def _every_field(given: Mapping[str, Any]) -> Sequence[Step]:
    select = FormInput("pick", "select", options=("red", "green"))
    files = [FormInput("att", "file"), FormInput("atts", "file-list")]
    content = (
        "Pick {{#$output.pick#}} file {{#$output.att#}} files {{#$output.atts#}} "
        "note {{#$output.note#}}"
    )
    return [HumanInput("ask", content, [FormInput("note"), select, *files])]


def _two_forms(given: Mapping[str, Any]) -> Sequence[Step]:
    return [
        Node("pre", lambda values: {"r": f"pre {values.get('name')}"}),
        _ask("ask1", "Step 1:", "c1"),
        Node("mid", lambda values: {"r": f"mid {values['ask1.c1']}"}),
        _ask("ask2", "Step 2: {{#mid.r#}}", "c2"),
    ]


HELLO = "Hello {{#start.name#}}, please review: {{#$output.comment#}}"
BUILTINS: dict[str, Builtin] = {
    "echo": Builtin("Give the inputs back.", lambda given: []),
    "slow": Builtin("Three nodes of `seconds` (3) each.", _slow),
    "text": Builtin("A model that streams `tokens` (8) words, `seconds` (0) apart.", _text),
    "failing": Builtin("A code node that raises an exception.", lambda given: [Fail()]),
    "partial": Builtin(
        "A failing node with default outputs: the run is `partial-succeeded`.",
        lambda given: [Partial()],
    ),
    "retry": Builtin(
        "A node that succeeds at its second attempt.",
        lambda given: [Retry(outputs={"body": "ok", "status_code": 200})],
    ),
    "iteration": Builtin(
        "An iteration over `n` (3) items.",
        lambda given: [Iteration(range(3 if given.get("n") is None else int(given["n"])))],
    ),
    "loop": Builtin("A loop of three rounds.", lambda given: [Loop()]),
    "parallel": Builtin("Three nodes side by side, of `seconds` (0.2).", _parallel),
    "human": Builtin(
        "One form: a comment, and the actions approve and reject.",
        lambda given: [HumanInput("ask", HELLO)],
    ),
    "human-rich": Builtin("One form with every kind of field.", _every_field),
    "human-two": Builtin("Two forms, one after the other.", _two_forms),
    "human-parallel": Builtin(
        "Two forms at the same time.",
        lambda given: [Parallel(_ask("left", "Left:", "l"), _ask("right", "Right:", "r"))],
    ),
}
