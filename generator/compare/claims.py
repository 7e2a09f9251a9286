"""What recorded traffic claims of the contract: which schema accepts which recorded value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

import attrs

from generator.compare.truth import Claim, Claims, Schema
from generator.document import Place, join

ERROR = "#/components/schemas/Error"
COMPLETE = (1, 14)  # servers from this version on send all that the contract requires
CUT = re.compile(r"\.\.\.<\d+ bytes>$")  # how the recorder shortened very long request bodies


class Recorded(Protocol):
    """One recorded request and its answer, whatever it was read from."""

    @property
    def version(self) -> str:
        """The server's version, "" when it did not say."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str:
        """Path from /v1 on and, where there was one, the query string."""

    @property
    def request(self) -> Mapping[str, Any]:
        """`headers`, with names as in "Content-Type"."""

    @property
    def request_body(self) -> str | None: ...

    @property
    def status(self) -> int: ...

    @property
    def content_type(self) -> str: ...

    @property
    def is_stream(self) -> bool: ...

    @property
    def body(self) -> bytes: ...

    def header(self, name: str, /) -> str | None:
        """Give a header of the answer, its name in any case; None when absent."""

    def json(self) -> Any: ...

    def events(self) -> list[dict[str, Any]]: ...


def is_older(version: str) -> bool:
    """Tell whether a server may lack what the contract requires; one that is silent may not."""
    return bool(version) and tuple(int(n) for n in re.findall(r"\d+", version)[:2]) < COMPLETE


class Contract(Claims):
    """The contract, and what recordings claim of it."""

    def __init__(self, spec: Schema) -> None:
        super().__init__(spec)
        self._routes = [
            (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$"), path)
            for path in sorted(spec["paths"], key=lambda path: path.count("{"))
        ]

    def route(self, exchange: Recorded) -> tuple[Place, dict[str, str]] | None:
        """Give the operation of an exchange and its path parameters; None if there is none."""
        path = exchange.path.partition("?")[0].removeprefix("/v1")
        method = exchange.method.lower()
        for pattern, template in self._routes:
            match = pattern.match(path)
            if match and method in self.spec["paths"][template]:
                return join("#", "paths", template, method), match.groupdict()
        return None

    def claims(self, exchange: Recorded) -> Iterator[Claim]:
        """Give what an exchange claims, HTML nothing; KeyError if the contract lacks the answer."""
        routed = self.route(exchange)
        answer = exchange.content_type.partition(";")[0]
        if routed is None:  # another route or method; errors look alike everywhere
            if answer == "application/json" and exchange.status >= 400:
                yield Claim(str(exchange), ERROR, exchange.json())
            return
        operation, path = routed
        if answer not in ("", "text/html"):
            yield from self._answer(exchange, operation, answer)
        if 200 <= exchange.status < 300:
            yield from self._request(exchange, operation, path)

    def _answer(self, exchange: Recorded, operation: Place, content_type: str) -> Iterator[Claim]:
        response = self.target(join(operation, "responses", exchange.status))
        place = join(response, "content", content_type, "schema")
        self.at(place)
        for name in self.at(response).get("headers", {}):
            if (text := exchange.header(name)) is not None:
                header = self.target(join(response, "headers", name))
                yield Claim(f"{exchange} header {name}", join(header, "schema"), text)
        claim = Claim(str(exchange), place, None, partial=is_older(exchange.version))
        if exchange.is_stream:
            for number, event in enumerate(exchange.events()):
                source = f"{exchange} event {number}"
                yield attrs.evolve(claim, source=source, value=event, by_event=True)
        else:
            is_json = content_type == "application/json"
            value = exchange.json() if is_json else exchange.body.decode("latin-1")
            yield attrs.evolve(claim, value=value)

    def _request(self, exchange: Recorded, operation: Place, path: Schema) -> Iterator[Claim]:
        sent = {
            "path": {name: unquote(value) for name, value in path.items()},
            "query": dict(parse_qsl(exchange.path.partition("?")[2], keep_blank_values=True)),
            "header": exchange.request["headers"],
        }
        for number, _ in enumerate(self.at(operation).get("parameters", [])):
            place = self.target(join(operation, "parameters", number))
            parameter = self.at(place)
            if (text := sent[parameter["in"]].get(parameter["name"])) is not None:
                value = from_text(parameter["schema"]["type"], text)
                yield Claim(f"{exchange} parameter", join(place, "schema"), value, sent=True)
        text = exchange.request_body
        if text and "requestBody" in self.at(operation):
            content_type = exchange.request["headers"]["Content-Type"].partition(";")[0]
            place = join(operation, "requestBody", "content", content_type, "schema")
            is_form = content_type == "multipart/form-data"
            if is_form or not CUT.search(text):
                body = form(text) if is_form else json.loads(text)
                yield Claim(f"{exchange} request", place, body, sent=True)


def from_text(type_: str, text: str) -> Any:
    """Read a parameter as its schema's type where its text allows that."""
    if type_ == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    return {"true": True, "false": False}.get(text, text) if type_ == "boolean" else text


def form(body: str) -> dict[str, str]:
    """Read the fields of a recorded multipart body, files as text."""
    return dict(re.findall(r'name="([^"]*)".*?\r\n\r\n(.*?)(?=\r\n--|$)', body, re.DOTALL))
