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
    when they are known. in_order: False before Dify 1.9: only tokens are sent, as they come.
    """

    def __init__(
        self,
        outputs: Mapping[str, Selector],
        tails: Sequence[str],
        send: Callable[[str, Selector], Awaitable[None]],
        files: FileStore,
        *,
        in_order: bool,
    ) -> None:
        self.outputs: list[tuple[str, Selector]] = list(outputs.items())
        self._tails = list(tails)  # those that are still to come
        self._send, self._files, self._in_order = send, files, in_order
        self._position = 0
        self._held: dict[Selector, list[str]] = {}  # tokens of models, until their turn

    def reset(self) -> None:
        """Begin again: after each pause a run sends the text from its beginning."""
        self._position = 0
        self._held = {selector: tokens for selector, tokens in self._held.items() if tokens}

    def expect(self, node_id: str, names: Sequence[str]) -> None:
        """Learn the names of the variables of a node that End passes on; the first call counts."""
        if node_id in self._tails:
            self._tails.remove(node_id)
            shown = [name for name in names if not name.startswith("__")]
            self.outputs += [(name, (node_id, name)) for name in shown]

    async def token(self, selector: Selector, text: str) -> None:
        """Send a piece of a model's text, or keep it until its turn."""
        if not self._in_order:
            await self._send(text, selector)
            return
        self._held.setdefault(selector, []).append(text)
        if selector == self._current():
            await self._send_held(selector)

    async def advance(self, variables: Mapping[Selector, Any]) -> None:
        """Send all variables whose turn has come, now that these are known."""
        while self._in_order and (selector := self._current()) in variables:
            assert selector is not None
            if selector in self._held:
                await self._send_held(selector)
                await self._send("", selector)
            else:
                await self._send(as_text(variables[selector], self._files), selector)
            self._position += 1
            if self._tails or self._current() is not None:
                await self._send("\n", ("end", "answer"))

    def _current(self) -> Selector | None:
        return self.outputs[self._position][1] if self._position < len(self.outputs) else None

    async def _send_held(self, selector: Selector) -> None:
        tokens, self._held[selector] = self._held[selector], []
        for text in tokens:
            await self._send(text, selector)
