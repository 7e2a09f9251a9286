"""What a run's events tell of its nodes, as a tree. No I/O.

The nodes of an iteration or a loop are beneath the round they belong to. In a parallel iteration a
node's round is told when it has finished; until then it is beneath the iteration itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .. import WorkflowStreamEvent
from ..types.events import TEXT
from ..types.text import TextPieces
from .branch import Branch

_LENGTHS = ("iteration_length", "iterator_length", "loop_length")  # the second to Dify 1.8
KEPT_TEXT = 20_000  # characters; no terminal shows more at once


class RunTree:
    """One run as told by its events so far."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.root: Branch = Branch("run", started=clock())
        self.text: str = ""  # without reasoning
        self._pieces = TextPieces()
        self._nodes: dict[str, Branch] = {}
        self._groups: dict[str, Branch] = {}

    def take(self, item: WorkflowStreamEvent) -> Branch | None:
        """Take an event; return the branch that it ended or changed, if any."""
        data = item.raw.get("data")
        data = data if isinstance(data, dict) else {}
        self.root.title = f"run {item.id}" if item.id else "run"
        if item.event == TEXT:
            self.text = (self.text + self._pieces.take(item.text, item.raw))[-KEPT_TEXT:]
        handle = _HANDLERS.get(item.event)
        return handle(self, data) if handle is not None else None

    def now(self) -> float:
        """The time that `started` is measured in."""
        return self._clock()

    def _started_again(self, data: dict[str, Any]) -> None:
        self.root.status = "running"
        if data.get("reason") == "resumption":  # each segment sends the text from its beginning
            self.text, self._pieces = "", TextPieces()

    def _node(self, data: dict[str, Any]) -> Branch:
        """The branch of a node's execution, made when it is new."""
        key, node_id = _text(data, "id"), _text(data, "node_id")
        found = self._nodes.get(key)
        if found is None and "retry_index" in data:  # to Dify 1.8 each retry has an id of its own
            found = next(
                (node for node in self._nodes.values() if node.node_id == node_id and node.running),
                None,
            )
        if found is None:
            found = Branch(
                _text(data, "title") or node_id,
                _text(data, "node_type"),
                node_id=node_id,
                started=self._clock(),
            )
            found.move(self._place(data))
        self._nodes[key] = found
        return found

    def _place(self, data: dict[str, Any]) -> Branch:
        group_id = _text(data, "iteration_id") or _text(data, "loop_id")
        if not group_id:
            return self.root
        group = self._group({"node_id": group_id})
        told = data.get("execution_metadata")
        told = told if isinstance(told, dict) else {}
        index = told.get("iteration_index", told.get("loop_index"))
        if not isinstance(index, int):
            open_rounds = [number for number, it in group.rounds.items() if it.running]
            index = open_rounds[0] if len(open_rounds) == 1 else None
        return group if index is None else self._round(group, index)

    def _group(self, data: dict[str, Any]) -> Branch:
        """The branch of an iteration or a loop, made when it is new."""
        node_id = _text(data, "node_id")
        group = self._groups.get(node_id)
        if group is None:
            group = Branch(node_id, node_id=node_id, started=self._clock())
            group.move(self.root)
            self._groups[node_id] = group
        group.title = _text(data, "title") or group.title
        group.kind = _text(data, "node_type") or group.kind
        return group

    def _round(self, group: Branch, index: int) -> Branch:
        if index not in group.rounds:
            found = group.rounds[index] = Branch(
                f"#{index + 1}", started=self._clock(), is_round=True
            )
            found.move(group)
        return group.rounds[index]

    def _node_started(self, data: dict[str, Any]) -> Branch:
        node = self._node(data)
        node.status, node.note = "running", ""
        return node

    def _node_finished(self, data: dict[str, Any]) -> Branch:
        node = self._node(data)
        self._end(node, data)
        if _text(data, "iteration_id") or _text(data, "loop_id"):
            node.move(self._place(data))
        return node

    def _node_retry(self, data: dict[str, Any]) -> Branch:
        node = self._node(data)
        node.note = f"retry {data.get('retry_index')}: {_text(data, 'error')}"
        return node

    def _group_started(self, data: dict[str, Any]) -> Branch:
        group = self._group(data)
        told = data.get("metadata")
        told = told if isinstance(told, dict) else {}
        totals = (told.get(name) for name in _LENGTHS)
        group.total = next((total for total in totals if isinstance(total, int)), None)
        if group.kind == "loop":  # its first round is not announced
            self._round(group, 0)
        return group

    def _group_next(self, data: dict[str, Any]) -> Branch | None:
        group, index = self._group(data), data.get("index")
        if not isinstance(index, int) or (index == group.total and group.kind == "iteration"):
            return None  # to Dify 1.8 an iteration's end is announced as one more round
        for earlier in group.rounds.values():
            # In a parallel iteration all rounds are announced before any node starts.
            if earlier.running and earlier.children:
                self._close(earlier)
        self._round(group, index)
        return None

    def _group_completed(self, data: dict[str, Any]) -> Branch:
        group = self._group(data)
        for number in group.rounds.values():
            if number.running:
                self._close(number)
        self._end(group, data)
        return group

    def _close(self, number: Branch) -> None:
        failed = any(child.status == "failed" for child in number.children)
        number.status = "failed" if failed else "succeeded"
        number.elapsed = self._clock() - (number.started or 0.0)

    def _end(self, branch: Branch, data: dict[str, Any]) -> None:
        branch.status = _text(data, "status") or "succeeded"
        branch.error, branch.note = _text(data, "error"), ""
        elapsed = data.get("elapsed_time")
        branch.elapsed = float(elapsed) if isinstance(elapsed, int | float) else None

    def _asked(self, data: dict[str, Any]) -> Branch | None:
        return self._mark(data, "paused", "waits for an answer")

    def _answered(self, data: dict[str, Any]) -> Branch | None:
        return self._mark(data, "running", f"answered: {_text(data, 'action_text')}")

    def _timed_out(self, data: dict[str, Any]) -> Branch | None:
        return self._mark(data, "running", "nobody answered in time")

    def _log(self, data: dict[str, Any]) -> Branch | None:
        return self._mark(data, None, _text(data, "label"))

    def _mark(self, data: dict[str, Any], status: str | None, note: str) -> Branch | None:
        node_id = _text(data, "node_id")
        found = [node for node in self._nodes.values() if node.node_id == node_id]
        if not found:
            return None
        found[-1].status, found[-1].note = status or found[-1].status, note
        return found[-1]

    def _replaced(self, data: dict[str, Any]) -> None:
        self.text = _text(data, "text")[-KEPT_TEXT:]

    def _finished(self, data: dict[str, Any]) -> Branch:
        self._end(self.root, data)
        return self.root

    def _paused(self, data: dict[str, Any]) -> Branch:
        self._end(self.root, data)
        self.root.status = "paused"
        return self.root


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


_HANDLERS: dict[str, Callable[[RunTree, dict[str, Any]], Branch | None]] = {
    "workflow_started": RunTree._started_again,
    "workflow_finished": RunTree._finished,
    "workflow_paused": RunTree._paused,
    "node_started": RunTree._node_started,
    "node_finished": RunTree._node_finished,
    "node_retry": RunTree._node_retry,
    "iteration_started": RunTree._group_started,
    "iteration_next": RunTree._group_next,
    "iteration_completed": RunTree._group_completed,
    "loop_started": RunTree._group_started,
    "loop_next": RunTree._group_next,
    "loop_completed": RunTree._group_completed,
    "human_input_required": RunTree._asked,
    "human_input_form_filled": RunTree._answered,
    "human_input_form_timeout": RunTree._timed_out,
    "agent_log": RunTree._log,
    "text_replace": RunTree._replaced,
}
