"""An exported app as a workflow: its nodes give out values of the kinds that the file tells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from attrs import define, field

from ..base import Data, Scope, Step
from ..checks import ScriptError
from ..exported import App, Kind, ListOf, Named, NotAnApp, Record, Union, read_app
from ..exported.graph import FAILED, mapping, objects, text
from ..exported.rules import Selector, selector_of
from ..files import FileValue, StoredFile
from ..run import payloads
from ..run.engine import Execution
from ..state import FileType, FormInput, Input, InputType
from .groups import Iteration, Loop
from .human import HumanInput
from .nodes import Node, Text

SAMPLES: Data = {"float": 1.5, "int": 1, "bool": True, "dict": {}, "none": None}
ERROR = ("error_message", "error_type")
EDGES = ("iteration-start", "loop-start", "loop-end")


def read_file(path: str | Path) -> App:
    """Read an exported app; raise ScriptError for any other file."""
    try:
        return read_app(Path(path).read_bytes())
    except (NotAnApp, OSError) as error:
        raise ScriptError(f"{path}: {getattr(error, 'strerror', error)}") from None


def form_of(app: App) -> list[Input]:
    """Return the input form of an app; a field of an unknown type is one of text."""
    form: list[Input] = []
    for one in app.inputs:
        known = one.type in get_args(InputType) and (one.type != "select" or one.options)
        kind: Any = one.type if known else "paragraph"
        default = None if one.default == "" else one.default
        kinds: Any = [kind for kind in one.file_types if kind in get_args(FileType)]
        about = (one.max_length, one.options, default, kinds or get_args(FileType))
        item = Input(one.name, kind, one.required, one.label or None, *about, one.file_extensions)
        form.append(item)
    return form


@define
class Walk(Step):
    """Go through the nodes of an exported app; no code of theirs is executed.

    Attributes:
        app: The app.
        values: What is given out in place of a sample: by the name of an output, or by
            "node.variable"; by a node's name, the handle of the branch that it takes (else it
            takes its first one). A node is named by its id or its title.
    """

    app: App
    values: Mapping[str, Any] = field(factory=dict)
    _given: dict[Selector, Any] = field(factory=dict, init=False)
    _choices: dict[str, str] = field(factory=dict, init=False)
    _ends: dict[str, dict[str, Selector]] = field(factory=dict, init=False)
    _kinds: dict[Selector, Kind] = field(factory=dict, init=False)  # of what the Ends select

    def look(self) -> None:
        graph, kinds = self.app.graph, {one.name: one.kind for one in self.app.outputs}
        for end in graph.of_type("end"):
            found = objects(graph.nodes[end].get("outputs"))
            self._ends[end] = {
                text(one.get("variable")): selector_of(one.get("value_selector")) for one in found
            }
            selected = self._ends[end].items()
            self._kinds |= {s: kinds[name] for name, s in selected if len(s) > 1}
        names = {node.title: node.id for node in self.app.nodes} | {n: n for n in graph.nodes}
        for key, value in self.values.items():
            node, *path = key.split(".")
            sources = [outputs[key] for outputs in self._ends.values() if key in outputs]
            if path and node in names:
                sources.append((names[node], *path))
            self._given.update(dict.fromkeys(sources, value))
            if not path and value in graph.branches.get(names.get(node, ""), ()):
                self._choices[names[node]] = value
            elif not sources:
                outputs = ", ".join(one.name for one in self.app.outputs)
                self.refuse(f"values: {key!r} is no output ({outputs}), node.variable or branch")

    def prepare(self, execution: Execution, /) -> None:
        """Tell the names of the nodes, and the outputs of an app with one End."""
        execution.titles = {node.id: node.title for node in self.app.nodes}
        execution.start, execution.end = self.app.start, ""
        for outputs in self._ends.values() if len(self._ends) == 1 else ():
            execution.text_stream.outputs += _pairs(outputs).items()

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        graph = self.app.graph
        seen, waiting = {self.app.start}, [self.app.start]
        while waiting:  # a node comes when nothing leads to it any more; in a circle the first
            behind = {a for a in waiting for b in waiting if a != b and graph.reaches(b, a)}
            name = next((one for one in waiting if one not in behind), waiting[0])
            waiting.remove(name)
            choice = None if name == self.app.start else await self.visit(execution, scope, name)
            found = [one for one in graph.next(name, choice) if one in graph.nodes]
            waiting += dict.fromkeys(one for one in found if one not in seen)
            seen.update(found)

    async def visit(self, execution: Execution, scope: Scope, name: str) -> str | None:
        """Perform one node; return the handle of the branch that it takes, if it has any."""
        data, choices = self.app.graph.nodes[name], self.app.graph.branches[name]
        kind, choice = text(data.get("type")), self._choices.get(name) or next(iter(choices), None)
        if kind == "end":
            await self._end(execution, name)
            return None
        outputs = self._outputs(execution, name, ERROR if choice == FAILED else ())
        step: Step = Node(name, outputs, type=kind)
        if kind == "llm" and choice != FAILED:
            words = re.findall(r"\S+\s*|\s+", str(outputs.pop("text")))
            step = Text(words, id=name, reasoning=str(outputs.pop("reasoning_content") or ""))
        elif kind == "iteration":
            step = Iteration(["first", "second"], self._body(name), name)
        elif kind == "loop":
            step = Loop(1, self._body(name), id=name)
        elif kind == "human-input" and data.get("user_actions"):
            step = _form(name, data)
        await step.perform(execution, scope)
        # What the rounds gave is flattened, or not known.
        rounds = execution.variables[name, "output"] if kind == "iteration" else ()
        keeps = execution.variables.keys() - self._given.keys()
        if any(one is None or isinstance(one, list) for one in rounds):
            keeps = set()
        if told := {n: value for n, value in outputs.items() if (name, n) not in keeps}:
            await execution.know(name, told)
        if isinstance(step, HumanInput):
            choice = execution.variables[name, "__action_id"] or choices[-1]  # the last: timed out
        return choice

    def _body(self, name: str) -> list[Step]:
        """Return the steps of a container; the node that an iteration lists is the last."""
        graph, data = self.app.graph, self.app.graph.nodes[name]
        order = graph.order(text(data.get("start_node_id")))
        inner = [one for one in order if graph.parents.get(one) == name]
        inner = [one for one in inner if graph.nodes[one].get("type") not in EDGES]
        inner.sort(key=lambda one: (one,) == selector_of(data.get("output_selector"))[:1])
        return [_Visit(self, one) for one in inner] or [Node("body")]

    def _outputs(self, execution: Execution, name: str, names: Sequence[str]) -> Data:
        """Return what a node gives out: what its type has, and what the Ends ask for."""
        node = self.app.graph.nodes[name]
        asked = [selector[1] for selector in (*self._kinds, *self._given) if selector[0] == name]
        listed = ["output"] if node.get("type") == "iteration" else []
        outputs: Data = {}
        for one in names or dict.fromkeys([*self.app.kinds.outputs(node), *asked, *listed]):
            kind = self.app.kinds.kind((name, one)) or self._kinds.get((name, one))
            sample = self._sample(execution, kind, one)
            outputs[one] = self._given.get((name, one), sample)
        return outputs

    def _sample(self, execution: Execution, kind: Kind | None, name: str) -> Any:
        match kind:
            case Union(parts):
                return self._sample(execution, parts[0], name)
            case ListOf(item):
                return [self._sample(execution, item, name)]
            case Record(fields):
                return {one.name: self._sample(execution, one.kind, one.name) for one in fields}
            case Named("file"):
                stored = StoredFile(f"{name}.txt", name.encode(), "text/plain", made=True)
                return FileValue(execution.world.files.add(stored), "document")
            case Named(word) if word in SAMPLES:
                return SAMPLES[word]
        return name

    async def _end(self, execution: Execution, name: str) -> None:
        """Reach an End: what its outputs select is known, or is not there on this way."""
        kinds = {output.name: output.kind for output in self.app.outputs}
        ran = {node.node_id for node in execution.run.nodes}
        system = payloads.system_inputs(execution.run, timestamp=True)
        known = {("sys", key.partition(".")[2]): value for key, value in system.items()}
        known |= execution.variables
        pairs = _pairs(self._ends[name])
        for output, selector in self._ends[name].items():
            pair = pairs[output]
            there, value = pair[1] != "" and pair[0] in self.app.graph.nodes, None
            if pair[0] != "sys" and (not there or (pair[0] in ran and selector[2:])):
                value = self._sample(execution, kinds[output], output)
            execution.variables[pair] = self._given.get(selector, known.get(pair, value))
        await execution.ends_at(name, pairs)


def _pairs(outputs: Mapping[str, Selector]) -> dict[str, tuple[str, str]]:
    """Return selectors as the execution knows them: a node, and all behind it."""
    return {name: (s[0], ".".join(s[1:])) if s else ("", "") for name, s in outputs.items()}


@define
class _Visit(Step):
    """A node inside a container."""

    walk: Walk
    id: str

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        await self.walk.visit(execution, scope, self.id)


def _form(name: str, data: Mapping[str, Any]) -> HumanInput:
    fields = [_form_input(one) for one in objects(data.get("inputs"))]
    buttons = {text(one.get("id")): text(one.get("title")) for one in objects(data["user_actions"])}
    return HumanInput(name, text(data.get("form_content")), fields, buttons)


def _form_input(one: Mapping[str, Any]) -> FormInput:
    name, default = text(one.get("output_variable_name")), mapping(one.get("default"))
    kind: Any = text(one.get("type"))
    options = list(mapping(one.get("option_source")).get("value") or ())
    if kind not in ("file", "file-list") and not (kind == "select" and options):
        kind = "paragraph"
    value: tuple[str | None, str | None] = (text(default.get("value")) if default else None, None)
    if default.get("type") == "variable":
        value = None, ".".join(selector_of(default.get("selector"))) or None
    limit = int(one.get("number_limits") or 2)
    return FormInput(name, kind, *value, options, limit)
