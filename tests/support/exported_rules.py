"""What is derived of small exported apps: types by rule, null by branch."""

from __future__ import annotations

from typing import Any

from exported_apps import Node, end, node, variable

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": ["integer", "null"]},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
        "home": {"$ref": "#/$defs/home"},
        "odd": {"enum": [True, 2]},
    },
    "required": ["name", "tags"],
    "$defs": {"home": {"properties": {"street": {"type": "string"}}}},
}
WITH_SCHEMA: dict[str, Any] = {
    "structured_output_enabled": True,
    "structured_output": {"schema": PERSON},
}
CODE = node("c", "code", outputs={"s": {"type": "string"}, "l": {"type": "array[number]"}})
BODY = node("b", "code", parent="n", outputs={"x": {"type": "array[string]"}})
GROUP = {"group_name": "g", "output_type": "string", "variables": [["c", "s"]]}


def schema_of(x: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": x}}


GROUPS: dict[str, Any] = {"advanced_settings": {"group_enabled": True, "groups": [GROUP]}}
LISTS = node("d", "code", outputs={"s": {"type": "number"}})

# (the node `n`, the selector, the annotation)
TABLE: list[tuple[Node | tuple[Node, ...], Any, str]] = [
    (node("n", "llm"), "n.text", "str"),
    (node("n", "llm"), "n.reasoning_content", "str"),
    (node("n", "llm"), "n.usage", "dict[str, Any]"),
    (node("n", "llm", **WITH_SCHEMA), "n.structured_output", "SmallOut"),
    (node("n", "llm", **WITH_SCHEMA), "n.structured_output.name", "str"),
    (node("n", "llm", **WITH_SCHEMA), "n.structured_output.age", "int | None"),
    (node("n", "llm", **WITH_SCHEMA), "n.structured_output.tags", "list[str]"),
    (node("n", "llm", **WITH_SCHEMA), "n.structured_output.home.street", "str | None"),
    (node("n", "llm", **WITH_SCHEMA), "n.structured_output.odd", "bool | int | None"),
    (node("n", "llm"), ("n.structured_output", "object"), "dict[str, Any]"),
    (CODE, "c.s", "str"),
    (CODE, "c.l", "list[float]"),
    (CODE, ("c.gone", "number"), "float | None"),
    (node("n", "code", outputs={"x": {"type": "boolean"}}), "n.x", "bool"),
    (node("n", "code", outputs={"x": {"type": "array[object]"}}), "n.x", "list[dict[str, Any]]"),
    (node("n", "code", outputs={"x": {"type": "object"}}), ("n.x.y", "string"), "str"),
    (node("n", "template-transform"), "n.output", "str"),
    (node("n", "http-request"), "n.status_code", "int"),
    (node("n", "http-request"), "n.body", "str"),
    (node("n", "http-request"), "n.headers", "dict[str, Any]"),
    (node("n", "http-request"), "n.files", "list[OutputFile]"),
    (node("n", "knowledge-retrieval"), "n.result", "list[dict[str, Any]]"),
    (node("n", "question-classifier"), "n.class_name", "str"),
    (node("n", "document-extractor"), "n.text", "str"),
    (node("n", "document-extractor", is_array_file=True), "n.text", "list[str]"),
    (node("n", "list-operator", var_type="array[file]"), "n.result", "list[OutputFile]"),
    (node("n", "list-operator", item_var_type="file"), "n.first_record", "OutputFile | None"),
    (node("n", "list-operator", item_var_type="file"), "n.last_record.url", "str | None"),
    (node("n", "parameter-extractor", parameters=[{"name": "x", "type": "select"}]), "n.x", "str"),
    (node("n", "parameter-extractor", parameters=[{"name": "x", "type": "bool"}]), "n.x", "bool"),
    (node("n", "parameter-extractor"), "n.__is_success", "int"),
    (node("n", "parameter-extractor"), "n.__reason", "str | None"),
    (node("n", "loop", loop_variables=[{"label": "x", "var_type": "number"}]), "n.x", "float"),
    (node("n", "loop"), "n.loop_round", "int"),
    (node("n", "tool"), "n.text", "str"),
    (node("n", "tool"), "n.files", "list[OutputFile]"),
    (node("n", "agent"), "n.json", "list[dict[str, Any]]"),
    (node("n", "tool"), ("n.mail_id", "string"), "str"),
    (node("n", "tool", output_schema=PERSON), "n.tags", "list[str]"),
    (node("n", "tool", output_schema=schema_of(True)), "n.x", "Any"),
    (node("n", "tool", output_schema=schema_of({"$ref": "#/properties/x"})), "n.x", "Any"),
    (node("n", "tool"), "n.mail_id", "Any"),
    (node("n", "of-the-future"), "n.x", "Any"),
    (node("n", "of-the-future"), ("n.x", "array[array[number]]"), "list[list[float]]"),
    (node("n", "iteration", output_type="array[string]"), "n.output", "list[str]"),
    (
        (node("n", "iteration", output_selector=["b", "x"], output_type="array[object]"), BODY),
        ("n.output", "array[object]"),
        "list[str]",
    ),
    (
        (node("n", "iteration", output_selector=["b", "x"], flatten_output=False), BODY),
        ("n.output", "array[number]"),
        "list[list[str]]",
    ),
    (
        node("n", "iteration", output_type="array[string]", error_handle_mode="continue-on-error"),
        "n.output",
        "list[str | None]",
    ),
    (
        (CODE, node("n", "variable-aggregator", output_type="string", variables=[["c", "s"]])),
        ("n.output", "object"),
        "str",
    ),
    (
        (CODE, LISTS, node("n", "variable-assigner", variables=[["c", "s"], ["d", "s"]])),
        "n.output",
        "str | float",
    ),
    ((CODE, node("n", "variable-aggregator", **GROUPS)), ("n.g.output", "object"), "str"),
    (
        node("n", "human-input", inputs=[{"type": "file-list", "output_variable_name": "x"}]),
        "n.__action_id",
        "str",
    ),
    (node("n", "tool", error_strategy="default-value"), "n.error_message", "str | None"),
    (CODE, "start.asked", "str"),
    (CODE, "start.left", "float | None"),
    (CODE, "start.doc", "OutputFile"),
    (CODE, "start.doc.size", "int"),
    (CODE, "start.doc.name", "str"),
    (CODE, "sys.files", "list[OutputFile]"),
    (CODE, "sys.user_id", "str"),
    (CODE, "env.place", "str"),
    (CODE, ("missing.x", "string"), "str | None"),
    (CODE, ("c", "boolean"), "bool"),
]
FIELDS = [variable("asked"), variable("left", "number", False), variable("doc", "file")]
PLACE = [{"name": "place", "value_type": "string", "value": "x"}]


A, B = node("a", "template-transform"), node("b", "template-transform")
IF = node("if", "if-else", cases=[{"case_id": "true"}])
BOTH = "if:true>a if:false>b a>end b>end"
JOIN = node("j", "variable-aggregator", output_type="string", variables=[["a", "output"]])
FORM = node(
    "f",
    "human-input",
    inputs=[{"type": "paragraph", "output_variable_name": "x"}],
    user_actions=[{"id": "yes"}],
)
RISKY = node("a", "http-request", error_strategy="fail-branch")
MANY = [node(f"if{number}", "if-else", cases=[{"case_id": "true"}]) for number in range(14)]
CHAIN = " ".join(
    f"if{number}:{way}>if{number + 1}" for number in range(13) for way in ("true", "false")
)

# (nodes, edges, whether `out` may be null)
BRANCHES = [
    ((IF, A, B, end(out="a.output")), f"start>if {BOTH}", True),
    ((A, B, end(out="a.output")), "start>a start>b a>end b>end", False),  # they run together
    ((IF, A, B, end(out="a.output")), "start>a a>if if:true>b b>end if:false>end", False),
    ((IF, A, B, end(out="a.output"), end("other", more="b.output")),
     "start>if if:true>a if:false>b a>end b>other", True),
    ((A, B, end(out="a.output"), end("other", out="b.output")),
     "start>a start>b a>end b>other", False),
    ((IF, A, end(out="a.output")), "start>if if:true>a a>end", False),  # the rest gives nothing
    ((IF, A, B, JOIN, end(out="j.output")),
     "start>if if:true>a if:false>b a>j b>j j>end", True),
    ((RISKY, end(out="a.body"), end("other", out="a.error_message")),
     "start>a a:success-branch>end a:fail-branch>other", False),
    ((RISKY, end(out="a.body")), "start>a a:success-branch>end a:fail-branch>end", True),
    ((RISKY, end(out="a.error_type")), "start>a a:fail-branch>end", False),
    ((FORM, end(out="f.x")), "start>f f:yes>end", False),
    ((FORM, end(out="f.x")), "start>f f:yes>end f:__timeout>end", True),
    ((FORM, end(out="f.__action_id")), "start>f f:yes>end f:__timeout>end", False),
    ((node("l", "loop"), node("x", "llm", parent="l"), end(out="x.text")), "start>l l>end", True),
    ((A, end(out="a.output")), "", False),  # without edges nothing is proven
    # more ways than are looked at one by one
    ((*MANY, A, end(out="a.output")),
     f"start>if0 {CHAIN} if13:true>a if13:false>end a>end", True),
    ((*MANY, A, end(out="a.output")),
     f"start>a a>if0 {CHAIN} if13:true>end if13:false>end", False),
]  # fmt: skip
