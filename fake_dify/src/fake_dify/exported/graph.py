"""The graph of an app: its nodes, and the ways that a run can take through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

Data = Mapping[str, Any]
Way = Mapping[str, str | None]  # the nodes that run, with the handle that a branching one takes

MOST_WAYS = 5_000
TIMED_OUT = "__timeout"  # of a form that nobody has answered
FAILED = "fail-branch"
_ALWAYS = (None, "", "source")


def mapping(value: Any) -> Data:
    """Return an object of the file; anything else is an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects(value: Any) -> list[Data]:
    """Return the objects of a list of the file."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a text of the file; YAML may have read `1` or `true` where a name stands."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


class Graph:
    """The nodes of an app by id, and its edges."""

    def __init__(self, graph: Data) -> None:
        self.nodes: dict[str, Data] = {}  # their data
        self.parents: dict[str, str] = {}  # the iteration or loop that a node is in
        for node in objects(graph.get("nodes")):
            node_id, data = text(node.get("id")), mapping(node.get("data"))
            self.nodes[node_id] = data
            parent = node.get("parentId") or data.get("iteration_id") or data.get("loop_id")
            if parent:
                self.parents[node_id] = text(parent)
        self._edges: dict[str, list[tuple[Any, str]]] = {}
        for edge in objects(graph.get("edges")):
            to = (edge.get("sourceHandle"), text(edge.get("target")))
            self._edges.setdefault(text(edge.get("source")), []).append(to)
        # The handles of which a node takes one.
        self.branches: dict[str, tuple[str, ...]] = {
            name: self._choices(name) for name in self.nodes
        }

    def of_type(self, *types: str) -> list[str]:
        """Return the ids of the nodes of these types."""
        return [name for name, data in self.nodes.items() if data.get("type") in types]

    def _choices(self, name: str) -> tuple[str, ...]:
        """Return the handles of which a node takes one; () if it has no choice."""
        data = self.nodes[name]
        wired = [text(handle) for handle, _ in self._edges.get(name, ()) if handle not in _ALWAYS]
        match data.get("type"):
            case "if-else":
                cases = objects(data.get("cases"))
                own = [text(case.get("case_id") or case.get("id")) for case in cases] or ["true"]
                own.append("false")
            case "question-classifier":
                own = [text(one.get("id")) for one in objects(data.get("classes"))]
            case "human-input":
                own = [text(one.get("id")) for one in objects(data.get("user_actions"))]
                own.append(TIMED_OUT)
            case _:
                own = [] if data.get("error_strategy") == FAILED else wired
        if data.get("error_strategy") == FAILED:
            own = [*(own or ["success-branch"]), FAILED]
        return tuple(dict.fromkeys(own))

    def next(self, name: str, choice: str | None) -> list[str]:
        """Return the nodes behind one; choice: the handle that it takes, None for all."""
        return [
            target
            for handle, target in self._edges.get(name, ())
            if choice is None
            or text(handle) == choice
            or (handle in _ALWAYS and choice not in (FAILED, TIMED_OUT))
        ]

    def ways(self, start: str) -> list[Way] | None:
        """Return every way from a node, by the choices of the others; None if there are too many.

        A node runs when an edge that was taken leads to it; one that waits for several runs too.
        """
        ways = list(islice(self._walk({}, [start]), MOST_WAYS + 1))
        return None if len(ways) > MOST_WAYS else ways

    def _walk(self, way: dict[str, str | None], waiting: list[str]) -> Iterator[Way]:
        stack = [(way, waiting)]
        while stack:
            way, waiting = stack.pop()
            while waiting:
                name = waiting.pop()
                if name in way or name not in self.nodes:
                    continue
                choices: tuple[str | None, ...] = self.branches[name] or (None,)
                for choice in choices[1:]:
                    left = [*waiting, *self.next(name, choice)]
                    stack.append(({**way, name: choice}, left))
                way[name] = choices[0]
                waiting.extend(self.next(name, choices[0]))
            yield way

    def reaches(self, start: str, end: str, *, without: str = "") -> bool:
        """Return whether a way leads from one node to another without passing a third one."""
        seen, waiting = {without}, [start]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(self.next(name, None))
        return end in seen and end != without

    def order(self, start: str) -> list[str]:
        """Return the nodes in the order in which a run reaches them; those in containers last."""
        seen: dict[str, None] = {}
        waiting = [start]
        while waiting:
            name = waiting.pop(0)
            if name in self.nodes and name not in seen:
                seen[name] = None
                waiting.extend(self.next(name, None))
        return [*seen, *(name for name in self.nodes if name not in seen)]
