"""The table of rules: what each type of node gives out, by name.

They were read in the source of Dify 1.9 to 1.16 and held against recorded runs of 0.15 to 1.16.
A rule is a table of kinds, or a function of the node's data that returns one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .graph import FAILED, TIMED_OUT, Data, Graph, Way, mapping, objects, text
from .kinds import (
    ANY,
    BOOL,
    DICT,
    FILE,
    FILES,
    FLOAT,
    INT,
    STR,
    Field,
    Kind,
    ListOf,
    Record,
    from_schema,
    from_word,
    inner,
    optional,
    union,
)

Outputs = Mapping[str, Kind | None]  # None: there is such an output, of an unknown kind
Selector = tuple[str, ...]  # a node's id, the name of an output, a path into it

INPUTS: Mapping[str, Kind] = {
    "text-input": STR,
    "paragraph": STR,
    "select": STR,
    "number": FLOAT,
    "checkbox": BOOL,
    "json_object": DICT,
    "file": FILE,
    "file-list": FILES,
}

_SYSTEM: Outputs = {
    "files": FILES,
    "timestamp": INT,
    **dict.fromkeys(
        ("query", "user_id", "app_id", "workflow_id", "workflow_run_id", "conversation_id"), STR
    ),
}
_ERROR = ("error_message", "error_type")
# What they give out is all in the file: another name is never there.
_CLOSED = ("start", "code", "variable-aggregator", "variable-assigner")


def _start(data: Data) -> Outputs:
    return {
        text(one.get("variable")): kind if one.get("required") or kind is None else optional(kind)
        for one in objects(data.get("variables"))
        for kind in [INPUTS.get(text(one.get("type")))]
    }


def _llm(data: Data) -> Outputs:
    found: dict[str, Kind | None] = {
        "text": STR,
        "reasoning_content": STR,
        "usage": DICT,
        "files": FILES,
    }
    if data.get("structured_output_enabled"):
        schema = from_schema(mapping(data.get("structured_output")).get("schema"))
        found["structured_output"] = DICT if schema == ANY else schema
    return found


def _code(data: Data) -> Outputs:
    """Return the declared types; a null, which is let through for each of them, is not counted."""
    outputs = mapping(data.get("outputs"))
    return {text(name): from_word(mapping(one).get("type")) for name, one in outputs.items()}


def _list_operator(data: Data) -> Outputs:
    items, item = from_word(data.get("var_type")), from_word(data.get("item_var_type"))
    if items is None and item is not None:
        items = ListOf(item)
    if item is None and isinstance(items, ListOf):
        item = items.item
    first = None if item is None else optional(item)
    return {"result": items, "first_record": first, "last_record": first}


def _parameter_extractor(data: Data) -> Outputs:
    """Return the declared types; a parameter that was not found is "", 0, False or []."""
    parameters = objects(data.get("parameters"))
    return {
        **{text(one.get("name")): from_word(one.get("type")) for one in parameters},
        "__is_success": INT,
        "__reason": optional(STR),
        "__usage": DICT,
    }


def _loop(data: Data) -> Outputs:
    variables = objects(data.get("loop_variables"))
    labels = {text(one.get("label")): from_word(one.get("var_type")) for one in variables}
    return {**labels, "loop_round": INT}


def _tool(data: Data) -> Outputs:
    properties = mapping(mapping(data.get("output_schema")).get("properties"))
    kinds = {
        text(name): from_schema(one, data["output_schema"]) for name, one in properties.items()
    }
    return {
        **{name: None if kind == ANY else kind for name, kind in kinds.items()},
        "text": STR,
        "files": FILES,
        "json": ListOf(DICT),
    }


def _human_input(data: Data) -> Outputs:
    fields = objects(data.get("inputs"))
    return {
        **{text(one.get("output_variable_name")): from_word(one.get("type")) for one in fields},
        **dict.fromkeys(("__action_id", "__action_value", "__rendered_content"), STR),
    }


RULES: Mapping[str, Outputs | Callable[[Data], Outputs]] = {
    "start": _start,
    "llm": _llm,
    "code": _code,
    "template-transform": {"output": STR},
    "http-request": {"body": STR, "status_code": INT, "headers": DICT, "files": FILES},
    "knowledge-retrieval": {"result": ListOf(DICT), "files": FILES},
    "question-classifier": {
        "class_name": STR,
        "class_label": STR,
        "class_id": STR,
        "usage": DICT,
    },
    "document-extractor": lambda data: {"text": ListOf(STR) if data.get("is_array_file") else STR},
    "list-operator": _list_operator,
    "parameter-extractor": _parameter_extractor,
    "loop": _loop,
    "tool": _tool,
    "agent": _tool,
    "human-input": _human_input,
    # Those that need the other nodes are methods of `Kinds`.
    "iteration": {},
    "variable-aggregator": {},
    "variable-assigner": {},  # the aggregator of old apps
    # They give out nothing that is known.
    **{name: {} for name in ("assigner", "if-else", "end", "answer")},
    **{name: {} for name in ("iteration-start", "loop-start", "loop-end")},
}
AGGREGATORS = ("variable-aggregator", "variable-assigner")


class Kinds:
    """Derives what a selector of an app selects: its kind, and whether it is there."""

    def __init__(self, graph: Graph, variables: Mapping[str, Kind | None]) -> None:
        self._graph = graph
        self._variables = variables  # "env.x", "conversation.x"

    def kind(self, selector: Selector, seen: frozenset[Selector] = frozenset()) -> Kind | None:
        """Return the kind of what is selected; None where the source does not tell it."""
        if len(selector) < 2 or selector in seen:
            return None
        source, name, *path = selector
        seen |= {selector}
        data = self._graph.nodes.get(source)
        if source == "sys" or name.startswith("sys."):
            result = _SYSTEM.get(name.removeprefix("sys."))
        elif data is None:
            result = self._variables.get(f"{source}.{name}")
        elif name in _ERROR and data.get("error_strategy"):
            result = STR if data["error_strategy"] == FAILED else optional(STR)
        elif data.get("type") == "iteration":
            result = self._iteration(data, seen) if name == "output" else None
        elif data.get("type") in AGGREGATORS:
            result = self._aggregator(data, name, seen)
        else:
            result = self.outputs(data).get(name)
        return None if result is None else inner(result, path)

    def outputs(self, data: Data) -> Outputs:
        """Return the outputs of a node, other than an iteration or an aggregator."""
        rule = RULES.get(text(data.get("type")), {})
        return rule(data) if callable(rule) else rule

    def _iteration(self, data: Data, seen: frozenset[Selector]) -> Kind | None:
        declared = from_word(data.get("output_type"))
        item = self.kind(selector_of(data.get("output_selector")), seen)
        if item is None:
            item = declared.item if isinstance(declared, ListOf) else None
        elif isinstance(item, ListOf) and data.get("flatten_output") is not False:
            item = item.item
        if item is None:
            return declared
        goes_on = data.get("error_handle_mode") == "continue-on-error"
        return ListOf(optional(item) if goes_on else item)

    def _aggregator(self, data: Data, name: str, seen: frozenset[Selector]) -> Kind | None:
        groups = self._groups(data)
        group = groups.get(name)
        if group is None:
            return None
        declared = from_word(group.get("output_type"))
        found = declared
        if declared in (None, ANY, DICT, ListOf(ANY), ListOf(DICT)):  # the sources may tell more
            kinds = [self.kind(source, seen) for source in _sources(group)]
            known = [kind for kind in kinds if kind is not None]
            if known and len(known) == len(kinds):
                found = union(known)
        if group is data or found is None:
            return found
        return Record((Field("output", found, True),))

    def _groups(self, data: Data) -> Mapping[str, Data]:
        """Return an aggregator's groups by name; without groups it has the output `output`."""
        settings = mapping(data.get("advanced_settings"))
        if not settings.get("group_enabled"):
            return {"output": data}
        return {text(group.get("group_name")): group for group in objects(settings.get("groups"))}

    def there(self, selector: Selector, way: Way, seen: frozenset[Selector] = frozenset()) -> bool:
        """Return whether what is selected has been given out, on one way through the graph."""
        if len(selector) < 2 or selector in seen:
            return True  # nothing is known
        source, name = selector[:2]
        data = self._graph.nodes.get(source)
        if data is None:
            return source in ("sys", "env", "conversation", "rag")
        if source not in way:
            return False  # in an iteration or a loop, too: what is in there ends with it
        kind, choice = data.get("type"), way[source]
        if data.get("error_strategy") == FAILED:
            return (name in _ERROR) is (choice == FAILED)
        if choice == TIMED_OUT:
            return name.startswith("__")
        if kind in AGGREGATORS and (group := self._groups(data).get(name)) is not None:
            sources = _sources(group)
            return not sources or any(self.there(one, way, seen | {selector}) for one in sources)
        closed = kind in _CLOSED and name not in _ERROR and not name.startswith("sys.")
        return not closed or name in self.outputs(data)

    def surely_there(self, selector: Selector, end: str, start: str) -> bool:
        """Return the same for every way to an end, where there are too many to look at each."""
        source = selector[0] if selector else ""
        data = self._graph.nodes.get(source)
        if data is None or source == start or data.get("type") in AGGREGATORS:
            return self.there(selector, {source: None})
        branches = data.get("error_strategy") == FAILED or data.get("type") == "human-input"
        return not branches and not self._graph.reaches(start, end, without=source)


def selector_of(value: Any) -> Selector:
    """Return a selector of the file; () for what is none."""
    if isinstance(value, str):
        return tuple(value.strip("{}# ").split("."))
    return tuple(text(part) for part in value) if isinstance(value, list) else ()


def _sources(data: Data) -> list[Selector]:
    variables = data.get("variables")
    return [selector_of(one) for one in variables] if isinstance(variables, list) else []
