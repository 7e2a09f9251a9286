"""The tree of a run: from the events of every recorded server, and as it is drawn."""

from __future__ import annotations

import io
from typing import Any

import pytest
from dify_workflow import WorkflowStreamEvent
from dify_workflow.cli.branch import Branch
from dify_workflow.cli.picture import Picture
from dify_workflow.cli.tree import KEPT_TEXT, RunTree
from recorded_runs import run_streams
from rich.console import Console
from wire_archive import VERSIONS, exchange


def fed(events: list[dict[str, Any]], tree: RunTree | None = None) -> RunTree:
    tree = tree or RunTree(lambda: 100.0)
    for raw in events:
        tree.take(WorkflowStreamEvent(str(raw["event"]), raw, id=raw.get("workflow_run_id")))
    return tree


def drawn(tree: RunTree, *, whole: bool = True, height: int = 50, encoding: str = "utf-8") -> str:
    picture = Picture(tree)
    picture.whole = whole
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=file, width=100, height=height, highlight=False)
    console.print(picture)
    file.seek(0)
    return file.read()


def below(branch: Branch) -> list[Branch]:
    return [it for child in branch.children for it in (child, *below(child))]


def node(name: str, /, *, started: bool = False, **data: Any) -> dict[str, Any]:
    payload = {"id": name, "node_id": name, "node_type": "code", "title": name, **data}
    if not started:
        payload = {"status": "succeeded", "elapsed_time": 0.5, **payload}
    return {"event": "node_started" if started else "node_finished", "data": payload}


def rounds(event: str, **data: Any) -> dict[str, Any]:
    kind = event.partition("_")[0]
    payload = {"id": "group", "node_id": "group", "node_type": kind, "title": "Group", **data}
    return {"event": event, "data": payload}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_node_is_in_the_tree_once_and_has_ended(version: str) -> None:
    count = 0
    for item in run_streams(version):
        tree = fed(item.events())
        finished = [it["data"] for it in item.events() if it["event"] == "node_finished"]
        shown = [it for it in below(tree.root) if it.node_id]
        groups = {it["data"]["node_id"] for it in item.events() if "_completed" in it["event"]}
        wanted = sorted(data["node_id"] for data in finished if data["node_id"] not in groups)
        ended = [it for it in shown if not it.running and it.node_id not in groups]
        assert sorted(it.node_id for it in ended if it.status != "paused") == wanted, item
        assert drawn(tree).count("\n") <= 60
        count += len(finished)
    assert count > 20


ITERATIONS = [(v, "iteration") for v in VERSIONS if v not in ("1.4.3", "1.10.1")]


@pytest.mark.parametrize(("version", "kind"), [*ITERATIONS, ("1.14.2", "loop")])
def test_the_rounds_of_a_recorded_iteration(version: str, kind: str) -> None:
    events = exchange(version, f"run/{kind}_streaming").events()
    data = [it["data"] for it in events if it["event"] == "node_finished"]
    inside = [it for it in data if it.get(f"{kind}_id")]
    tree = fed(events)
    [group] = [it for it in tree.root.children if it.kind == kind]
    assert len(group.rounds) == 3
    assert kind == "loop" or group.total == 3
    assert [it.title for it in group.children] == ["#1", "#2", "#3"]
    assert [len(it.children) for it in group.children] == [len(inside) // 3] * 3
    assert {it.status for it in below(group)} == {"succeeded"}


def test_a_parallel_iteration() -> None:
    """All rounds are announced first; which one a node belongs to is told at its end."""
    inside: dict[str, Any] = {"iteration_id": "group"}
    tree = fed([rounds("iteration_started", metadata={"iteration_length": 2})])
    fed([rounds("iteration_next", index=index) for index in range(2)], tree)
    fed([node(name, started=True, **inside) for name in "ab"], tree)
    [group] = tree.root.children
    assert "● a" in drawn(tree)
    assert "#1" not in drawn(tree)
    first, second = ({"iteration_id": "group", "iteration_index": n} for n in range(2))
    ended = [node("b", execution_metadata=second, **inside)]
    fed([*ended, node("a", execution_metadata=first, **inside)], tree)
    told = {it.title: [child.title for child in it.children] for it in group.children}
    assert told == {"#1": ["a"], "#2": ["b"]}


def test_a_failed_round_and_rounds_that_are_counted() -> None:
    events = [rounds("iteration_started", metadata={"iteration_length": 9})]
    for index in range(8):
        failed: dict[str, Any] = {"status": "failed", "error": "boom"} if index == 2 else {}
        events.append(rounds("iteration_next", index=index))
        events.append(node(f"n{index}", iteration_id="group", **failed))
    events.append(rounds("iteration_next", index=8))
    picture = drawn(fed(events))
    assert "Group  iteration  8 of 9" in picture
    assert "4 more rounds" in picture  # 1, 2, 4, 5: the failed one and the last three are shown
    assert "✗ #3  failed" in picture
    assert "n2  code  failed  0.5 s  boom" in picture
    assert [f"✓ #{number}" in picture for number in range(1, 9)] == [False] * 5 + [True] * 3


def test_a_run_that_is_joined_in_an_iteration() -> None:
    """A replay tells no progress of iterations, only their nodes."""
    tree = fed([node("a", started=True, iteration_id="iter")])
    assert [it.title for it in below(tree.root)] == ["iter", "a"]


def test_retries() -> None:
    """To Dify 1.8 each retry has an id of its own."""
    retry = node("a", id="another", retry_index=1, error="no route")
    tree = fed([node("a", started=True), {**retry, "event": "node_retry"}])
    assert "● a  code  0.0 s  retry 1: no route" in drawn(tree, whole=False)
    fed([node("a")], tree)
    assert "✓ a  code  0.5 s\n" in drawn(tree)
    assert len(below(tree.root)) == 1


def test_the_text_begins_again_with_each_leg() -> None:
    chunk = {"event": "text_chunk", "data": {"text": "Hel"}}
    resumed = {"event": "workflow_started", "data": {"reason": "resumption"}}
    assert fed([chunk, chunk]).text == "HelHel"
    assert fed([chunk, resumed, chunk]).text == "Hel"
    replaced = {"event": "text_replace", "data": {"text": "no"}}
    assert fed([chunk, replaced]).text == "no"
    assert len(fed([{"event": "text_chunk", "data": {"text": "x" * 2 * KEPT_TEXT}}]).text) < 20_001


def test_human_input() -> None:
    asked = {"event": "human_input_required", "data": {"node_id": "ask"}}
    tree = fed([node("ask", started=True), asked])
    assert "… ask  code  paused  waits for an answer" in drawn(tree)
    filled = {"event": "human_input_form_filled", "data": {"node_id": "ask", "action_text": "OK"}}
    assert "answered: OK" in drawn(fed([filled], tree))


@pytest.mark.parametrize("data", [None, [], "x", {}, {"id": 3, "node_id": None, "index": "x"}])
def test_events_that_are_not_as_they_should_be(data: Any) -> None:
    names = ("node_started", "node_finished", "iteration_next", "loop_completed", "agent_log", "x")
    tree = fed([{"event": name, "data": data} for name in names])
    drawn(tree)


def test_it_is_never_higher_than_the_terminal() -> None:
    events = [node(f"n{number}") for number in range(40)]
    events.append({"event": "text_chunk", "data": {"text": "line\n" * 50 + "the last"}})
    lines = drawn(fed(events), whole=False, height=20).rstrip("\n").split("\n")
    assert len(lines) == 19
    assert lines[0].startswith("● run")
    assert lines[1].strip() == "… 27 lines"
    assert [line.strip() for line in lines[-3:]] == ["line", "line", "the last"]
    assert "n39" in lines[14]


def test_nothing_of_the_server_s_steers_the_terminal() -> None:
    evil = "\x1b]0;title\x07\x9b31m[bold]x[/bold]"
    tree = fed([node("a", title=evil, error=evil, status="failed")])
    fed([{"event": "text_chunk", "data": {"text": evil}}], tree)
    picture = drawn(tree, whole=False)
    assert not set("\x1b\x07\x9b") & set(picture)
    assert "[bold]x[/bold]" in picture


def test_plain_marks_where_the_encoding_has_no_others() -> None:
    picture = drawn(fed([node("a"), node("b", started=True)]), encoding="ascii")
    assert "+ a" in picture
    assert "* b" in picture
