"""Small exported apps, as Dify writes them but for what nothing depends on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import yaml
from places import DSL

FOLDER = DSL
EXPORTED = sorted(FOLDER.glob("*.yml"))

Node = dict[str, Any]


def node(name: str, kind: str, *, parent: str | None = None, **data: Any) -> Node:
    """A node; `parent` is the iteration or loop that it is in."""
    within = {} if parent is None else {"parentId": parent}
    return {"id": name, "data": {"type": kind, "title": name.title(), **data}, **within}


def end(name: str = "end", /, **outputs: Any) -> Node:
    """An End; each output is a selector ("n.text"), or a selector and a `value_type`."""
    entries = []
    for variable, source in outputs.items():
        selector, *word = [source] if isinstance(source, str) else source
        entry = {"variable": variable, "value_selector": selector.split(".")}
        entries.append(entry | ({"value_type": word[0]} if word else {}))
    return node(name, "end", outputs=entries)


def exported(
    *nodes: Node,
    variables: Any = (),
    edges: str | None = None,
    environment: Any = (),
    app: Any = None,
) -> str:
    """The app as YAML. Edges are "a b:true c", and so on; by default one node leads to the next."""
    nodes = (node("start", "start", variables=list(variables)), *nodes)
    if edges is None:
        outer = [one["id"] for one in nodes if "parentId" not in one]
        edges = " ".join(f"{a}>{b}" for a, b in pairwise(outer))
    wired = []
    for edge in edges.split():
        source, target = edge.split(">")
        name, _, handle = source.partition(":")
        wired.append({"source": name, "sourceHandle": handle or "source", "target": target})
    content = {
        "app": {"mode": "workflow", "name": "small", **(app or {})},
        "kind": "app",
        "version": "0.3.1",
        "workflow": {
            "environment_variables": list(environment),
            "graph": {"nodes": list(nodes), "edges": wired},
        },
    }
    return str(yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False))


def variable(name: str, kind: str = "text-input", required: bool = True, **more: Any) -> Any:
    """A field of the start node."""
    return {"variable": name, "label": name, "type": kind, "required": required, **more}
