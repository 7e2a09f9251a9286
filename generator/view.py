"""Derive the reading view: the document that openapi-python-client is given for the contract.

The contract is exact; the view is what makes the generated models pleasant to read with:

- In responses and events every property is required, and nullable when the contract has it
  optional, so that no model holds the tool's `Unset`. (`from_dict` reads a missing key as null.)
- Free-form objects become untyped, so that users get plain dicts instead of a class per use.
- `enum` and `format` are left out of responses: the tool's code raises on values unknown to it.
- `allOf` is merged, since the tool makes no inheritance of it and refuses a narrowed property.
- `text/event-stream` is left out: the tool would feed the whole text to its union parser.
- `x-since` becomes the last sentence of the description, so that users read it.
"""

from __future__ import annotations

from typing import Any

from generator.contract import (
    METHODS,
    SCHEMAS,
    ContractError,
    Node,
    events,
    reachable,
    refs,
    resolve,
    sides,
)

NULL = {"type": "null"}
DOCS = ("description", "example", "deprecated")
UNIONS = ("oneOf", "anyOf")
TYPING = ("type", "$ref", "const", "enum", "properties", *UNIONS)


def reading_view(spec: Node) -> Node:
    """Derive the view of a contract.

    Raises:
        ContractError: the contract has something that the view or the tables cannot express.
    """
    spec = told(spec)
    sent, read = sides(spec)
    for name in sorted(sent & read):
        if "properties" in merged(spec, spec["components"]["schemas"][name]):
            raise ContractError(
                f"{name} is used in requests and in responses: make it two components, since its "
                "properties become required and nullable for reading"
            )
    schemas = {
        name: component(spec, name, schema, read=name in read)
        for name, schema in spec["components"]["schemas"].items()
    }
    paths = {
        path: {k: answers(spec, v) if k in METHODS else v for k, v in item.items()}
        for path, item in spec["paths"].items()
    }
    components = {**answers(spec, spec["components"]), "schemas": schemas}
    view = {**spec, "paths": paths, "components": components}
    # Bases merged into others, free-form objects, the union of events and its envelopes go.
    used = reachable(view, [*refs(paths), *(SCHEMAS + name for name, _ in carried(spec).values())])
    components["schemas"] = {name: schema for name, schema in schemas.items() if name in used}
    return view


def told(node: Any) -> Any:
    """Put the version that something came with into its description; leave out all `x-` keys."""
    if isinstance(node, list):
        return [told(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: told(value) for key, value in node.items() if not str(key).startswith("x-")}
    if isinstance(node.get("x-since"), str):
        out["description"] = f"{node['description'].rstrip()} Dify {node['x-since']} and later."
    return out


def carried(spec: Node) -> dict[str, tuple[str, str | None]]:
    """Give for each event the component that is read of it, and the key of the event that holds it.

    The key is None where the event has no `data` with properties: then the event itself is read.
    """
    found: dict[str, tuple[str, str | None]] = {}
    for name, ref in events(spec).items():
        data = merged(spec, resolve(spec, ref))["properties"].get("data", {})
        payload = model(derived(spec, f"data of {name}", data, read=True))
        if isinstance(payload, list):
            raise ContractError(f"{ref}: its data cannot be a list")
        found[name] = (payload, "data") if payload else (ref.removeprefix(SCHEMAS), None)
    return found


def component(spec: Node, name: str, schema: Node, *, read: bool) -> Node:
    """Derive one component schema."""
    schema = merged(spec, schema)
    if "properties" not in schema:
        return derived(spec, name, schema, read=read)
    required = schema.get("required", [])
    properties = {}
    for key, value in schema["properties"].items():
        property_ = derived(spec, f"{name}.{key}", value, read=read)
        if read:
            model(property_)  # refuses what cannot be read
            property_ = property_ if key in required else nullable(property_)
        if {"array", "null"} <= set(types(property_)) and not has_type(property_["items"]):
            property_ = docs(property_)  # the tool's code for it does not pass mypy --strict
        properties[key] = property_
    return {**schema, "properties": properties, "required": list(properties) if read else required}


def derived(spec: Node, where: str, schema: Node, *, read: bool) -> Node:
    """Derive the schema of a value."""
    schema = merged(spec, schema)
    if shown := [example for example in schema.get("examples", []) if example is not None]:
        schema = {**schema, "example": shown[0]}  # the tool knows this older keyword only
    if free(spec, schema):
        return docs(schema)
    if "properties" in schema:
        raise ContractError(f"{where}: an object with properties needs to be a component")
    loose = ("enum",) if schema.get("format") == "binary" else ("enum", "format")
    out = {k: v for k, v in schema.items() if not read or k not in loose}
    for union in UNIONS:
        if union in schema:
            out[union] = [derived(spec, where, member, read=read) for member in schema[union]]
    if "items" in schema:
        out["items"] = derived(spec, where, schema["items"], read=read)
    return out


def types(schema: Node) -> list[str]:
    """Give the JSON types that a schema's own `type` allows."""
    given = schema.get("type", [])
    return [given] if isinstance(given, str) else given


def docs(schema: Node) -> Node:
    """Give what a schema says to people: without a type, the tool takes it for anything."""
    return {key: schema[key] for key in DOCS if key in schema}


def has_type(schema: Node) -> bool:
    """Tell whether a schema names any type."""
    return any(key in schema for key in TYPING)


def free(spec: Node, schema: Node) -> bool:
    """Tell whether a value is anything, or an object or list whose content is not described."""
    if "$ref" in schema:
        return free(spec, merged(spec, resolve(spec, schema["$ref"])))
    members = [member for union in UNIONS for member in schema.get(union, [])]
    return (
        ("object" in types(schema) and "properties" not in schema)
        or ("array" in types(schema) and "items" not in schema)
        or not has_type(schema)
        or any(free(spec, merged(spec, member)) for member in members)
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


def merged(spec: Node, schema: Node) -> Node:
    """Merge `allOf`; one that only lends a reference a description becomes that reference."""
    if "allOf" not in schema:
        return schema
    own = {key: value for key, value in schema.items() if key != "allOf"}
    parts: list[Node] = schema["allOf"]
    if len(parts) == 1 and "$ref" in parts[0] and "properties" not in own:
        return {**own, **parts[0]}
    whole: Node = {}
    for part in (*parts, own):
        part = merged(spec, resolve(spec, part["$ref"]) if "$ref" in part else part)
        properties = dict(whole.get("properties", {}))
        for key, value in part.get("properties", {}).items():
            properties[key] = {**properties.get(key, {}), **value}
        required = [*whole.get("required", []), *part.get("required", [])]
        whole = {**whole, **part, "properties": properties, "required": required}
    return whole


def answers(spec: Node, node: Node) -> Node:
    """Derive the `responses` of an operation or of the components."""
    responses = {}
    for code, answer in node.get("responses", {}).items():
        content = {
            kind: {
                **media,
                "schema": derived(spec, f"{kind} of {code}", media.get("schema", {}), read=True),
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
