"""Derive the reading view: the document that openapi-python-client is given for the contract.

The contract is exact; the view is what makes the generated models pleasant to read with:

- In responses and events every property is required, and nullable when the contract has it
  optional, so that no model holds the tool's `Unset`. (`from_dict` reads a missing key as null.)
- Free-form objects become untyped, so that users get plain dicts instead of a class per use.
- `enum` and `format` are left out of responses: the tool's code raises on values unknown to it.
- `allOf` is merged, since the tool makes no inheritance of it and refuses a narrowed property.
- `text/event-stream` is left out: the tool would feed the whole text to its union parser.
- `x-since` and `x-until` become the last sentence of the description, so that users read them.
"""

from __future__ import annotations

from typing import Any

from generator.document import (
    METHODS,
    SCHEMAS,
    UNIONS,
    ContractError,
    Document,
    Node,
    refs,
    schema_names,
    types,
)

NULL = {"type": "null"}
DOCS = ("description", "example", "deprecated")
TYPING = ("type", "$ref", "const", "enum", "properties", *UNIONS)


def reading_view(contract: Document) -> Document:
    """Derive the view of a contract.

    Raises:
        ContractError: the contract has something that the view or the tables cannot express.
    """
    check_modules(contract)
    doc = told(contract)
    sent, read = doc.sides()
    for name in sorted(sent & read):
        if "properties" in doc.merged(doc.schemas[name]):
            raise ContractError(
                f"{name} is used in requests and in responses: make it two components, since its "
                "properties become required and nullable for reading"
            )
    schemas = {
        name: component(doc, name, schema, read=name in read)
        for name, schema in doc.schemas.items()
    }
    paths = {
        path: {k: answers(doc, v) if k in METHODS else v for k, v in item.items()}
        for path, item in doc.spec["paths"].items()
    }
    components = {**answers(doc, doc.spec["components"]), "schemas": schemas}
    view = Document({**doc.spec, "paths": paths, "components": components})
    # Bases merged into others, free-form objects, the union of events and its envelopes go.
    roots = [*refs(paths), *(SCHEMAS + name for name, _ in carried(doc).values())]
    used = schema_names(view.reachable(roots))
    components["schemas"] = {name: schema for name, schema in schemas.items() if name in used}
    return view


def check_modules(contract: Document) -> None:
    """Raise ContractError for operations that the tool would write no module of their own for."""
    modules: dict[str, str] = {}
    for operation in contract.operations():
        if not operation.node.get("operationId") or len(operation.node.get("tags", [])) != 1:
            raise ContractError(f"{operation.where}: needs an operationId and exactly one tag")
        if same := modules.get(operation.id) or modules.get(operation.module):
            raise ContractError(
                f"{operation.where}: operationId {operation.id} is that of {same} too"
            )
        modules |= dict.fromkeys((operation.id, operation.module), operation.path)


def told(contract: Document) -> Document:
    """Put the versions that have something into its description; leave out all `x-` keys."""
    return Document(_told(contract.spec))


def _told(node: Any) -> Any:
    if isinstance(node, list):
        return [_told(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: _told(value) for key, value in node.items() if not str(key).startswith("x-")}
    since, until = (node.get(key) for key in ("x-since", "x-until"))
    if isinstance(since, str) or isinstance(until, str):
        told = f"Dify {since} to {until}." if until else f"Dify {since} and later."
        told = told if since else f"Until Dify {until}."
        out["description"] = f"{node['description'].rstrip()} {told}"
    return out


def carried(doc: Document) -> dict[str, tuple[str, str | None]]:
    """Give for each event the component that is read of it, and the key of the event that holds it.

    The key is None where the event has no `data` with properties: then the event itself is read.
    """
    found: dict[str, tuple[str, str | None]] = {}
    for name, ref in doc.events().items():
        data = doc.merged(doc.resolve(ref))["properties"].get("data", {})
        payload = model(derived(doc, f"data of {name}", data, read=True))
        if isinstance(payload, list):
            raise ContractError(f"{ref}: its data cannot be a list")
        found[name] = (payload, "data") if payload else (ref.removeprefix(SCHEMAS), None)
    return found


def component(doc: Document, name: str, schema: Node, *, read: bool) -> Node:
    """Derive one component schema."""
    schema = doc.merged(schema)
    if "properties" not in schema:
        return derived(doc, name, schema, read=read)
    required = schema.get("required", [])
    properties = {}
    for key, value in schema["properties"].items():
        property_ = derived(doc, f"{name}.{key}", value, read=read)
        if read:
            model(property_)  # refuses what cannot be read
            property_ = property_ if key in required else nullable(property_)
        if {"array", "null"} <= set(types(property_)) and not has_type(property_["items"]):
            property_ = docs(property_)  # the tool's code for it does not pass mypy --strict
        properties[key] = property_
    return {**schema, "properties": properties, "required": list(properties) if read else required}


def derived(doc: Document, where: str, schema: Node, *, read: bool) -> Node:
    """Derive the schema of a value."""
    schema = doc.merged(schema)
    if shown := [example for example in schema.get("examples", []) if example is not None]:
        schema = {**schema, "example": shown[0]}  # the tool knows this older keyword only
    if free(doc, schema):
        return docs(schema)
    if "properties" in schema:
        raise ContractError(f"{where}: an object with properties needs to be a component")
    loose = ("enum",) if schema.get("format") == "binary" else ("enum", "format")
    out = {k: v for k, v in schema.items() if not read or k not in loose}
    for union in UNIONS:
        if union in schema:
            out[union] = [derived(doc, where, member, read=read) for member in schema[union]]
    if "items" in schema:
        out["items"] = derived(doc, where, schema["items"], read=read)
    return out


def docs(schema: Node) -> Node:
    """Give what a schema says to people: without a type, the tool takes it for anything."""
    return {key: schema[key] for key in DOCS if key in schema}


def has_type(schema: Node) -> bool:
    """Tell whether a schema names any type."""
    return any(key in schema for key in TYPING)


def free(doc: Document, schema: Node) -> bool:
    """Tell whether a value is anything, or an object or list whose content is not described."""
    if "$ref" in schema:
        return free(doc, doc.merged(doc.resolve(schema["$ref"])))
    members = [member for union in UNIONS for member in schema.get(union, [])]
    return (
        ("object" in types(schema) and "properties" not in schema)
        or ("array" in types(schema) and "items" not in schema)
        or not has_type(schema)
        or any(free(doc, doc.merged(member)) for member in members)
    )


def nullable(schema: Node) -> Node:
    """Let a value be null as well."""
    if not has_type(schema):
        return schema
    for union in UNIONS:
        if union in schema:
            has_null = any("null" in types(member) for member in schema[union])
            return schema if has_null else {**schema, union: [*schema[union], NULL]}
    if "type" in schema and "const" not in schema and "enum" not in schema:
        return schema if "null" in types(schema) else {**schema, "type": [*types(schema), "null"]}
    bare = {key: value for key, value in schema.items() if key not in DOCS}
    return {**docs(schema), "oneOf": [bare, NULL]}


def answers(doc: Document, node: Node) -> Node:
    """Derive the `responses` of an operation or of the components."""
    responses = {}
    for code, answer in node.get("responses", {}).items():
        content = {
            kind: {
                **media,
                "schema": derived(doc, f"{kind} of {code}", media.get("schema", {}), read=True),
            }
            for kind, media in answer.get("content", {}).items()
            if kind != "text/event-stream"
        }
        responses[code] = {**answer, "content": content} if "content" in answer else answer
    return {**node, "responses": responses}


def model(schema: Node) -> str | list[str] | None:
    """Give the component that a view's value is read into: its name, in a list for a list of it."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(SCHEMAS)
    members = [member for union in UNIONS for member in schema.get(union, []) if member != NULL]
    found = [model(member) for member in members]
    item = model(schema["items"]) if "items" in schema else None
    if isinstance(item, list) or (any(found) and len(found) > 1):
        raise ContractError(f"a choice or a nested list of components cannot be read: {schema}")
    return [item] if item else found[0] if found else None
