"""Reads an exported app: what goes in, what comes out, which nodes there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from .graph import Data, Graph, Way, mapping, objects, text
from .kinds import ANY, Kind, from_word, optional, union
from .rules import INPUTS, RULES, Kinds, Selector, selector_of

_TRIGGERS = "trigger-"
_JOINED = "answer"  # two Ends that both ran: their texts are put together


class NotAnApp(ValueError):
    """The file is no exported workflow app; the message says what it is."""


@dataclass(frozen=True)
class Input:
    """A field of the app's input form."""

    name: str
    type: str  # Dify's word
    required: bool
    label: str = ""
    hint: str = ""
    options: tuple[str, ...] = ()  # of a select; () where they are not to be held to
    max_length: int | None = None  # characters of a text, or files of a list
    default: Any = None
    file_types: tuple[str, ...] = ()
    file_extensions: tuple[str, ...] = ()
    file_methods: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """The kind of its value; any for an unknown type."""
        return INPUTS.get(self.type, ANY)


@dataclass(frozen=True)
class Output:
    """A value that the workflow gives out."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Node:
    """A node of the graph."""

    id: str
    type: str
    title: str


@dataclass(frozen=True)
class App:
    """A workflow app. `ends` has the names of the outputs of each End node, by its title."""

    name: str
    description: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    ends: tuple[tuple[str, tuple[str, ...]], ...]
    nodes: tuple[Node, ...]
    warnings: tuple[str, ...]
    graph: Graph = attribute(compare=False, repr=False)
    kinds: Kinds = attribute(compare=False, repr=False)
    start: str = attribute(compare=False)  # the id of its node


def read_app(source: bytes | str) -> App:
    """Read the text of an exported app; raises `NotAnApp`."""
    import yaml

    try:
        content = yaml.load(source, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" (line {where.line + 1})" if where is not None else ""
        raise NotAnApp(f"it is no exported app: it cannot be read as YAML{line}") from None
    return app_of(content)


def app_of(content: Any) -> App:
    """Read an exported app that is parsed already; raises `NotAnApp`."""
    whole = mapping(content)
    if not isinstance(whole.get("app"), Mapping):
        raise NotAnApp("it is no exported app (a Dify DSL file with `app:` and `workflow:`)")
    if (kind := text(whole.get("kind")) or "app") != "app":
        raise NotAnApp(f"it is the export of a {kind}; only workflow apps run over this API")
    if (mode := text(whole["app"].get("mode"))) != "workflow":
        what = f"an {mode} app" if mode[:1] in "aeiou" and mode else f"a {mode or 'nameless'} app"
        raise NotAnApp(f"it is {what}; only workflow apps run over this API")
    workflow = mapping(whole.get("workflow"))
    graph = Graph(mapping(workflow.get("graph")))
    starts = graph.of_type("start")
    if not starts:
        triggers = [str(data["type"]) for data in graph.nodes.values() if _is_trigger(data)]
        why = f": it begins with {', '.join(sorted(set(triggers)))}" if triggers else ""
        raise NotAnApp(f"the app has no start node{why}; it cannot be run over this API")
    warnings: dict[str, None] = {}
    inputs = tuple(_inputs(objects(graph.nodes[starts[0]].get("variables")), warnings))
    kinds = Kinds(graph, _variables(workflow))
    outputs, ends = _Ends(graph, starts[0], kinds, warnings).read()
    return App(
        name=text(whole["app"].get("name")),
        description=text(whole["app"].get("description")),
        inputs=inputs,
        outputs=outputs,
        ends=ends,
        nodes=tuple(
            Node(name, text(graph.nodes[name].get("type")), text(graph.nodes[name].get("title")))
            for name in graph.order(starts[0])
        ),
        warnings=tuple(warnings),
        graph=graph,
        kinds=kinds,
        start=starts[0],
    )


def inputs_of_form(form: Any) -> tuple[tuple[Input, ...], tuple[str, ...]]:
    """Return the inputs of `user_input_form` of GET /parameters, and the warnings."""
    warnings: dict[str, None] = {}
    fields = [
        {**field, "type": kind}
        for entry in objects(form)
        for kind, field in entry.items()
        if isinstance(field, Mapping)
    ]
    return tuple(_inputs(fields, warnings)), tuple(warnings)


def _is_trigger(data: Data) -> bool:
    return text(data.get("type")).startswith(_TRIGGERS)


def _variables(workflow: Data) -> dict[str, Kind | None]:
    return {
        f"{place}.{text(one.get('name'))}": from_word(one.get("value_type"))
        for place in ("env", "conversation")
        for one in objects(
            workflow.get("environment_variables" if place == "env" else "conversation_variables")
        )
    }


def _inputs(fields: Iterable[Data], warnings: dict[str, None]) -> Iterator[Input]:
    seen = set()
    for field in fields:
        name, kind = text(field.get("variable")), text(field.get("type"))
        if not name or name in seen:
            continue
        seen.add(name)
        if kind not in INPUTS:
            warnings[f"input {name!r}: the type {kind or 'none'!r} is not known: Any"] = None
        given = field.get("options") if kind == "select" else None
        options = given if isinstance(given, list) else []
        if not all(isinstance(option, str) for option in options):
            warnings[f"input {name!r}: options that are no texts: any text is taken"] = None
            options = []
        longest = field.get("max_length")
        limited = kind in ("text-input", "paragraph", "file-list") and isinstance(longest, int)
        is_file = kind in ("file", "file-list")
        yield Input(
            name=name,
            type=kind,
            required=bool(field.get("required")),
            label=text(field.get("label")),
            hint=text(field.get("hint")),
            options=tuple(dict.fromkeys(options)),
            max_length=longest if limited and longest else None,
            default=field.get("default"),
            file_types=_texts(field.get("allowed_file_types")) if is_file else (),
            file_extensions=_texts(field.get("allowed_file_extensions")) if is_file else (),
            file_methods=_texts(field.get("allowed_file_upload_methods")) if is_file else (),
        )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(text, value)) if isinstance(value, list) else ()


class _Ends:
    """What the End nodes give out, and on which ways."""

    def __init__(
        self,
        graph: Graph,
        start: str,
        kinds: Kinds,
        warnings: dict[str, None],
    ) -> None:
        self._graph, self._start, self._warnings = graph, start, warnings
        self._kinds = kinds
        self._ends: dict[str, dict[str, tuple[Selector, Any]]] = {
            end: {
                text(one.get("variable")): (selector_of(one.get("value_selector")), one)
                for one in objects(graph.nodes[end].get("outputs"))
                if text(one.get("variable"))
            }
            for end in graph.of_type("end")
        }
        ways = graph.ways(start)
        # Ways without an End give out nothing at all: `.typed` says so when it happens.
        self._ways = None if ways is None else [way for way in ways if self._reached(way)]

    def read(self) -> tuple[tuple[Output, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
        names = dict.fromkeys(name for outputs in self._ends.values() for name in outputs)
        outputs = tuple(Output(name, self._kind(name)) for name in names)
        titles = [
            (text(self._graph.nodes[end].get("title")) or end, tuple(found))
            for end, found in self._ends.items()
        ]
        return outputs, tuple(titles)

    def _reached(self, way: Way) -> list[str]:
        return [end for end in self._ends if end in way]

    def _kind(self, name: str) -> Kind:
        found = union(
            self._source(name, *outputs[name]) for outputs in self._ends.values() if name in outputs
        )
        return optional(found) if self._may_be_null(name) else found

    def _source(self, name: str, selector: Selector, output: Data) -> Kind:
        """Return the kind of an output: by its source, else by what the file says, else any."""
        kind = self._kinds.kind(selector)
        if kind is None:
            kind = from_word(output.get("value_type"))
        if kind is None:
            node = self._graph.nodes.get(selector[0] if selector else "")
            of = text(node.get("type")) if node is not None else ""
            why = f"of a node of the type {of!r}" if of else "of an unknown source"
            self._warnings[f"output {name!r} {why}: Any"] = None
            return ANY
        node = self._graph.nodes.get(selector[0] if selector else "")
        if node is not None and (of := text(node.get("type"))) not in RULES:
            warning = (
                f"output {name!r}: of an unknown node type {of!r}, by what the file says of it"
            )
            self._warnings[warning] = None
        return kind

    def _may_be_null(self, name: str) -> bool:
        """Return whether an End can be reached with null for this output, or without it."""
        with_name = [end for end, outputs in self._ends.items() if name in outputs]
        if self._ways is None:
            return len(with_name) < len(self._ends) or not all(
                self._kinds.surely_there(self._ends[end][name][0], end, self._start)
                for end in with_name
            )
        for way in self._ways:
            sources = [self._ends[end][name][0] for end in self._reached(way) if end in with_name]
            there = [self._kinds.there(source, way) for source in sources]
            if not any(there) or not (all(there) or name == _JOINED):
                return True
        return False
