"""Sends recorded requests to FakeDify and compares its answers with the recorded ones."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
from fake_dify import FakeDify
from fake_dify_calls import decode
from wire_archive import Exchange, exchange, exchanges

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Za-z]{22}", re.IGNORECASE)


def send(dify: FakeDify, item: Exchange, path: str = "", body: bytes | None = None) -> Any:
    """Send a recorded request to `dify`; path, body: in place of the recorded ones."""
    recorded = {name.lower(): value for name, value in item.request["headers"].items()}
    key = f"twin-{item.request['app']}"
    headers = {}
    if "content-type" in recorded:
        headers["content-type"] = recorded["content-type"]
    if "authorization" in recorded:
        shown = recorded["authorization"].replace("<redacted-key>", "twin-echo")
        shown = shown.replace("bearer <redacted>", "bearer twin-echo")
        headers["authorization"] = shown.replace("<redacted>", f"Bearer {key}")
    if body is None:
        body = (item.request_body or "").encode("utf-8", "surrogateescape")
    url = dify.url.removesuffix("/v1") + (path or item.path)
    with httpx.Client(headers={"user-agent": "test"}, verify=False) as client:
        return client.request(item.method, url, content=body, headers=headers, timeout=20)


IGNORED = {"connection", "content-length", "transfer-encoding", "date"}
FREE = {"process_data", "extras", "metadata", "headers"}
"""Fields whose content is made by the app's nodes and differs between an app and its twin."""

EXACT = {"status", "reason", "index", "steps", "total_steps", "exceptions_count", "retry_index"}
"""Fields whose value is compared, too."""


def shape(value: Any, key: str = "") -> Any:
    """Return the keys and JSON types of a value; lists: the different shapes in them."""
    if key in FREE:
        return "free"
    if key in EXACT:
        return value
    if isinstance(value, dict):
        return {name: shape(item, name) for name, item in value.items()}
    if isinstance(value, list):
        shapes = [shape(item) for item in value]
        return [one for index, one in enumerate(shapes) if one not in shapes[:index]]
    return type(value).__name__


def events(body: bytes) -> list[Any]:
    found: list[Any] = []
    for text in body.decode().split("\n\n"):
        if text == "event: ping":
            found.append(("ping", None))
        elif text:
            event = json.loads(text.removeprefix("data: "))
            event.setdefault("event", "no event")
            if event["event"].startswith(("node_", "iteration_", "loop_")):
                event["data"] |= {key: key for key in event["data"].keys() & {"inputs"}}
            found.append((event["event"], shape(event)))
    return found


def differences(item: Exchange, response: httpx.Response, *, text: bool = True) -> list[str]:
    """Compare an answer with the recorded one: status, headers, and the shape of the body."""
    names = {name.lower() for name in response.headers} - IGNORED
    recorded = {name.lower() for name, _ in item.headers} - IGNORED
    found = _differ("status", response.status_code, item.status)
    found += _differ("content-type", response.headers.get("content-type", ""), item.content_type)
    found += _differ("headers", sorted(names), sorted(recorded))
    if item.is_stream:
        ours, theirs = events(response.content), events(item.body)
        if not text:
            ours = [one for one in ours if one[0] != "text_chunk"]
            theirs = [one for one in theirs if one[0] != "text_chunk"]
        order = _differ("events", " ".join(one[0] for one in ours), " ".join(o[0] for o in theirs))
        if order:
            return [*found, *order]
        for one, other in zip(ours, theirs, strict=True):
            found += _differ(one[0], one[1], other[1])
    elif not found and item.content_type.startswith("application/json") and item.method != "HEAD":
        answer, expected = response.json(), item.json()
        found += _differ("body", shape(answer), shape(expected))
        line = item.body.decode().endswith("\n")
        found += _differ("line feed at the end", response.text.endswith("\n"), line)
        spaced = [
            re.match(rb'{"\w+": ', body) is not None for body in (response.content, item.body)
        ]
        found += _differ("spaces", *spaced)
        if item.status >= 400:
            found += _differ("code", answer.get("code"), expected.get("code"))
            if item.request["app"] != "badgraph":  # its node is another one
                found += _differ("message", _stable(answer), _stable(expected))
            found += _differ("errors", answer.get("errors"), expected.get("errors"))
    return found


def _stable(answer: dict[str, Any]) -> str:
    """Return the message of an error without ids and what else differs by chance."""
    text = ID.sub("ID", str(answer.get("message")))
    text = re.sub(r"pydantic.dev/[\d.]+", "pydantic.dev", text)
    return text.partition(". You have requested")[0]


def _differ(what: str, ours: Any, theirs: Any) -> list[str]:
    """Say where two shapes differ; the order of keys counts, too."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs):
            return [f"{what}: keys {list(ours)}, recorded {list(theirs)}"]
        return [text for key in ours for text in _differ(f"{what}.{key}", ours[key], theirs[key])]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [text for n, (one, other) in pairs for text in _differ(f"{what}[{n}]", one, other)]
    return [] if ours == theirs else [f"{what}: {ours}, recorded {theirs}"]


def broken_answers(dify: FakeDify) -> list[str]:
    """Return the answers and events that the contract does not allow (requests left out)."""
    return [text for text in dify.violations if not text.startswith("request of")]


class Session:
    """Plays recorded requests that build on each other: ids of the recording become ours."""

    def __init__(self, dify: FakeDify) -> None:
        self.dify = dify
        self.ids: dict[str, str] = {}

    def play(self, cases: str, *, text: bool = True) -> None:
        """Send recorded requests, the words of "FOLDER CASE CASE"; each answer is as recorded.

        text: compare text chunks, too. Of Dify 1.15 and 1.16 not every request was recorded.
        """
        folder, *names = cases.split()
        wrong = [one for name in names for one in self._play(f"{folder}/{name}", text=text)]
        assert not wrong, "\n".join(wrong)

    def _play(self, case: str, *, text: bool) -> list[str]:
        version = self.dify.version
        if version != "1.14.2" and case not in {item.case for item in exchanges(version, case)}:
            return []
        item = exchange(version, case)
        path, body = self._ours(item.path), self._ours(item.request_body or "")
        response = send(self.dify, item, path, body.encode("utf-8", "surrogateescape"))
        if item.is_stream:
            for theirs, ours in zip(item.events(), decode(response), strict=False):
                self._learn(theirs, ours)
        elif item.content_type.startswith("application/json"):
            self._learn(item.json(), response.json())
        return [f"{case}: {found}" for found in differences(item, response, text=text)]

    def _ours(self, text: str) -> str:
        for theirs, ours in self.ids.items():
            text = text.replace(theirs, ours).replace(theirs.upper(), ours.upper())
        return text

    def _learn(self, theirs: Any, ours: Any) -> None:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for name in theirs.keys() & ours.keys():
                self._learn(theirs[name], ours[name])
        elif isinstance(theirs, list) and isinstance(ours, list):
            for one, other in zip(theirs, ours, strict=False):
                self._learn(one, other)
        elif isinstance(theirs, str) and isinstance(ours, str) and ID.fullmatch(theirs):
            self.ids.setdefault(theirs, ours)
