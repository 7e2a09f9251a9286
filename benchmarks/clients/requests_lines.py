"""requests, `iter_lines` and `json`, as in the README of the official dify-client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import requests

from . import reading
from .asking import HEADERS, run


class Sync:
    """`requests.Session`."""

    read = staticmethod(reading.dicts)
    text = staticmethod(reading.text)

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers.update(HEADERS)

    def stream(self, inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        url = f"{self.url}/workflows/run"
        with self.session.post(url, json=run(inputs), stream=True) as response:
            for line in response.iter_lines():
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    def blocking(self) -> tuple[bool, int]:
        body = run({"text": "hello"}, "blocking")
        answer = self.session.post(f"{self.url}/workflows/run", json=body).json()["data"]
        return answer["status"] == "succeeded", len(answer["outputs"]["text"])

    def close(self) -> None:
        self.session.close()
