"""Take secrets out of recorded traffic: API keys, users, form tokens, and what signs a link.

What stays has the types that it had, so that a recording can be held against the contract.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

KEY, USER, TOKEN, VALUE = "<key>", "<user>", "<token>", "<redacted>"
# Fields and parameters that name a person, and those that open a form.
PEOPLE = {
    *("user", "session_id", "external_user_id", "sys.user_id", "email"),
    *("created_by_end_user_session_id", "created_by_account"),
}
TOKENS = {"form_token"}

_APP_KEY = re.compile(r"\bapp-[A-Za-z0-9]{16,}")
_FORM_LINK = re.compile(r"(/form/(?:human_input/)?)(?!human_input\b|<)[\w-]+")
_QUERY = re.compile(r"([?&][\w.~%\[\]-]+=)[^&\s\"'<>#)\]\\]+")
_PASSWORD = re.compile(r"(?<=://)[^/@\s\"']+(?=@)")


class Redactor:
    """Knows the secrets that went by, and takes them out wherever they appear again."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: str, mark: str) -> None:
        """Take a text out from here on; the longest first, where one is a part of another."""
        if secret and secret not in (KEY, USER, TOKEN) and secret not in self._secrets:
            self._secrets[secret] = mark
            parts = sorted(map(re.escape, self._secrets), key=len, reverse=True)
            self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")

    def text(self, text: str) -> str:
        """Take secrets out of a text, and the values of the queries of all links in it."""
        text = _FORM_LINK.sub(rf"\1{TOKEN}", _APP_KEY.sub(KEY, self._known(text)))
        return _PASSWORD.sub(VALUE, _QUERY.sub(rf"\1{VALUE}", text))

    def values(self, values: list[Any]) -> list[Any]:
        """Take secrets out of JSON values, once all of them have been looked at."""
        for value in values:
            for key, text in _named(value):
                self._learn_field(key, text)
        return [self._value(value) for value in values]

    def path(self, path: str) -> str:
        """Take secrets out of a request's path and query; other parameters stay as they are."""
        plain, _, query = path.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        for name, value in pairs:
            self._learn_field(name, value)
        plain, *texts = (self._known(text) for text in (plain, *(value for _, value in pairs)))
        plain = _FORM_LINK.sub(rf"\1{TOKEN}", plain)
        named = zip((name for name, _ in pairs), texts, strict=True)
        return plain + ("?" + urlencode(list(named), safe="<>:") if pairs else "")

    def _learn_field(self, name: str, value: str) -> None:
        if name in PEOPLE:
            self.learn(value, USER)
        elif name in TOKENS:
            self.learn(value, TOKEN)

    def _known(self, text: str) -> str:
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._secrets[found[0]], text)

    def _value(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            # Names of the contract are no secrets, even where a user is called like one.
            return {
                name if name in property_names() else self.text(name): self._value(item, name)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._value(item, key) for item in value]
        if isinstance(value, str) and key != "event":
            inner = _inner(value)
            return self.text(value) if inner is None else json.dumps(self._value(inner))
        return value


@functools.cache
def property_names() -> frozenset[str]:
    """Give the names of all fields in the contract."""
    package = importlib.resources.files("dify_workflow_api")
    todo: list[Any] = [json.loads(package.joinpath("openapi.json").read_text("utf-8"))]
    names: set[str] = set()
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            names.update(node.get("properties", ()))
        todo += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return frozenset(names)


def _inner(text: str) -> Any:
    """Give the object or list that a text is the JSON of, as a run's inputs are; else None."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _named(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Give every text in a JSON value with the name of its field."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _named(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, key)
    elif isinstance(value, str):
        yield key, value
        if (inner := _inner(value)) is not None:
            yield from _named(inner)


def each_line(text: str, prefix: str, change: Callable[[list[Any]], list[Any]]) -> str:
    """Change the JSON of all lines that begin with a prefix, together."""
    lines = text.split("\n")
    found: dict[int, Any] = {}
    for number, line in enumerate(lines):
        if line.startswith(prefix):
            try:
                found[number] = json.loads(line[len(prefix) :])
            except ValueError:
                lines[number] = f"{prefix} "  # cut in the middle: nobody can tell what it held
    for number, value in zip(found, change(list(found.values())), strict=True):
        lines[number] = f"{prefix} {json.dumps(value, ensure_ascii=False)}"
    return "\n".join(lines)
