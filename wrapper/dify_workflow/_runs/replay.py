"""What was delivered of a run, so that a replay delivers nothing twice. No I/O.

A run has segments: it pauses for human input and resumes. In a new one nodes may begin again with
the same id, and the server sends the text of those before once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_PREFIX = 1024  # characters of a text that are kept to know it again
_CONTAINERS = ("iteration", "loop")  # nodes whose start and end only snapshots tell
_GROUP_ENDS = ("iteration_completed", "loop_completed")
_TELLS_MORE = (*_CONTAINERS, "agent")  # ... and those with events that no snapshot repeats


class SeenEvents:
    """The events of one run that were delivered."""

    def __init__(self) -> None:
        self.forms: dict[str, dict[str, Any]] = {}  # announced forms by id
        self._in_segment: set[tuple[Any, ...]] = set()
        self._in_any_segment: set[tuple[Any, ...]] = set()
        self._ended: set[Any] = set()  # nodes whose end was told
        self._begun: set[Any] = set()  # nodes whose start was told
        self._texts: dict[str, _Text] = {}  # by the variable that they are of
        self.incomplete: bool = False  # a replay has shown that events were missed

    @property
    def has_open_nodes(self) -> bool:
        """Whether a node was started whose end was not delivered."""
        return not self._begun <= self._ended

    def is_new(self, name: str, data: dict[str, Any], *, replaying: bool) -> bool:
        """Remember an event; return whether it is to be delivered."""
        if name == "text_chunk":
            return self.is_new_text(data)
        if name == "workflow_started" and data.get("reason") == "resumption":
            self.next_segment()
            return True
        node = _comparable(data, "id") if name.startswith("node_") else None
        identity: tuple[Any, ...] | None = None
        match name:  # what makes an event the same one when it is sent again; None: it never is
            case "workflow_started":
                identity = (name,)
            case "node_started":
                identity = (name, node)
            case "node_finished":
                identity = (name, node, _comparable(data, "status"))
            case "human_input_required":
                identity = (name, _comparable(data, "form_id"))
        if replaying and name in ("node_started", "node_retry") and node in self._ended:
            return False  # it lies behind what was told of this node
        if name == "node_retry":
            self._in_segment.add(("node_started", node))
            self._in_any_segment.add(("node_started", node))
        if name in _GROUP_ENDS:
            self._ended.add(_comparable(data, "node_id"))
        if identity is None:
            return True
        if name == "human_input_required":
            self.forms.setdefault(str(data.get("form_id")), data)  # a snapshot's is not rendered
        ends = name == "node_finished"
        if replaying and self._shows_loss(name, data):
            self.incomplete = True
        seen = self._in_any_segment if ends else self._in_segment
        if replaying and _from_snapshot(name, data):
            if _only_in_snapshots(name, data):
                return False
            seen = self._in_any_segment
        delivered = replaying and identity in seen
        self._in_segment.add(identity)
        self._in_any_segment.add(identity)
        if node is not None:
            (self._ended if ends else self._begun).add(node)
        return not delivered

    def _shows_loss(self, name: str, data: dict[str, Any]) -> bool:
        """Return whether a replayed event shows that others were missed which no replay has."""
        node = _comparable(data, "id")
        if node in self._ended or _comparable(data, "node_id") in self._ended:
            return False
        if data.get("node_type") in _TELLS_MORE:
            return _from_snapshot(name, data)
        return name == "node_finished" and node not in self._begun

    def is_new_text(self, data: dict[str, Any]) -> bool:
        """Remember a chunk of text; return whether it is to be delivered."""
        variable, text = data.get("from_variable_selector"), data.get("text")
        try:
            delivered = self._texts["\0".join(variable)]  # type: ignore[arg-type]
        except (KeyError, TypeError):  # the first of its variable, or null on old servers
            delivered = self._texts.setdefault(_key(variable), _Text())
        if not isinstance(text, str):
            return True
        if delivered.again >= 0 and delivered.repeats(text):
            return False
        delivered.length += len(text)
        if len(delivered.head) < _PREFIX:
            delivered.head += text[: _PREFIX - len(delivered.head)]
        return True

    def is_new_pause(self, forms: Iterable[Any]) -> bool:
        """Remember a pause by its forms; return whether it is another than the last one."""
        identity = ("workflow_paused", *sorted(map(str, forms)))
        announced = identity in self._in_any_segment
        self._in_any_segment.add(identity)
        return not announced

    def next_segment(self) -> None:
        """Begin a new segment: the run goes on after a pause."""
        self._in_segment.clear()
        for delivered in self._texts.values():
            delivered.next_segment()


class _Text:
    """The text of one variable as far as it was delivered."""

    __slots__ = ("again", "head", "length")

    def __init__(self) -> None:
        self.head = ""  # how it begins
        self.length = 0  # characters
        self.again = -1  # characters that this segment has sent again; -1: it sends new text

    def next_segment(self) -> None:
        self.again = 0 if self.length else -1

    def repeats(self, text: str) -> bool:
        """Return whether a piece of text is what an earlier segment sent."""
        end = self.again + len(text)
        kept = text[: max(len(self.head) - self.again, 0)]
        if end <= self.length and self.head[self.again : end] == kept:
            self.again = end if end < self.length else -1
            return True
        self.again = -1
        return False


def _key(variable: Any) -> str:
    try:
        return "\0".join(variable)
    except TypeError:
        return str(variable)


def _comparable(data: dict[str, Any], key: str) -> Any:
    """Return a value that events are compared by; None for one of an unexpected type."""
    value = data.get(key)
    return None if isinstance(value, dict | list) else value


def _from_snapshot(name: str, data: dict[str, Any]) -> bool:
    """Return whether an event is the server's short form of a past one."""
    return not name.startswith("node_") or "inputs_truncated" not in data


def _only_in_snapshots(name: str, data: dict[str, Any]) -> bool:
    """Return whether a live run would not send this event, or will send the real one later."""
    if name == "node_finished" and data.get("status") in ("retry", "paused"):
        return True
    return name.startswith("node_") and data.get("node_type") in _CONTAINERS
