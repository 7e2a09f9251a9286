"""The text stream of a run: the variables of the End node, in the End node's order.

A variable is sent as soon as it is known and all variables before it were sent; a model's tokens
are sent live when it is the model's turn and held back otherwise. After each variable but the last
comes a line feed that claims to be `["end", "answer"]`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ..files import FileStore, FileValue
from ..world import World

Selector = tuple[str, str]


def as_text(value: Any, files: FileStore) -> str:
    """Return a variable the way Dify renders it into text."""
    if value is None:
        return ""
    if isinstance(value, FileValue):
        rendered = files.render(value)
        link = f"[{rendered['filename']}]({rendered['url']})"
        return f"!{link}" if value.type == "image" else link
    if isinstance(value, Mapping):
        return json.dumps(files.render(value), ensure_ascii=False, indent=2)
    if isinstance(value, list | tuple):
        if value and all(isinstance(item, FileValue) for item in value):
            return "\n".join(as_text(item, files) for item in value)
        return "\n".join(f"- {item}" for item in value)
    return str(value)


class TextStream:
    """Sends text chunks through `send(text, selector)`.

    outputs: the End node's outputs as (name, selector); those of the nodes in `tails` are added
    when they are known. variables: what is known. Before Dify 1.9, tokens alone are sent, as they
    come.
    """

    def __init__(self, world: World, send: Callable[[str, Selector], Awaitable[None]]) -> None:
        self.variables: dict[Selector, Any] = {}
        self.outputs: list[tuple[str, Selector]] = []
        self.tails: list[str] = []
        self._send, self._files = send, world.files
        self._in_order = world.rules.streams_end_variables
        self._position = 0
        self._tokens: dict[Selector, list[str]] = {}  # of models, until their turn

    def reset(self) -> None:
        """Begin again: after each pause a run sends the text from its beginning."""
        self._position = 0
        self._tokens = {selector: tokens for selector, tokens in self._tokens.items() if tokens}

    def expect(self, node_id: str, names: Sequence[str]) -> None:
        """Learn the names of the variables of a node that End passes on; the first call counts."""
        if node_id in self.tails:
            self.tails.remove(node_id)
            shown = [name for name in names if not name.startswith("__")]
            self.outputs += [(name, (node_id, name)) for name in shown]

    async def token(self, selector: Selector, text: str) -> None:
        """Send a piece of a model's text, or keep it until its turn."""
        if self._in_order:
            self._tokens.setdefault(selector, []).append(text)
            await self.advance()
        else:
            await self._send(text, selector)

    async def advance(self) -> None:
        """Send all that is known and has its turn."""
        while self._in_order and self._position < len(self.outputs):
            _, selector = self.outputs[self._position]
            tokens = self._tokens.get(selector)
            while tokens:
                await self._send(tokens.pop(0), selector)
            if selector not in self.variables:
                return
            self._position += 1
            text = "" if tokens == [] else as_text(self.variables[selector], self._files)
            await self._send(text, selector)
            if self.tails or self._position < len(self.outputs):
                await self._send("\n", ("end", "answer"))
