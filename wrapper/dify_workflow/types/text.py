"""The text of a run: its pieces as they come, and what a model thought beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

REASONING = "reasoning_content"  # the output of a model whose reasoning the server keeps apart

_OPEN = re.compile(r"<think(\s[^<>]*)?>", re.IGNORECASE)
_CLOSE = re.compile(r"</think>", re.IGNORECASE)
_MAY_OPEN = re.compile(r"<(t(h(i(n(k(\s[^<>]{0,200})?)?)?)?)?)?", re.IGNORECASE)
_OVERLAP = len("</think>") - 1


class Split(NamedTuple):
    """A text, and the reasoning that stood in it."""

    text: str
    reasoning: str


def split_reasoning(text: str) -> Split:
    """Return a text without what stands in `<think>...</think>`, and that.

    A tag that is not closed is text. Space between a first block and the text is dropped; several
    blocks are joined by line breaks.
    """
    splitter = Splitter()
    whole = splitter.feed(text) + splitter.end()
    return Split(whole, "\n".join(splitter.reasoning))


def reasoning_in(text: str) -> str:
    """Return what stands in a text's `<think>...</think>`."""
    return split_reasoning(text).reasoning


class Splitter:
    """As `split_reasoning`, for a text that comes in pieces."""

    def __init__(self) -> None:
        self.reasoning: list[str] = []  # of the blocks that are closed
        self._rest = ""  # which may be the beginning of a tag
        self._tag = ""  # that is open
        self._inside: list[str] = []
        self._bare = False  # a block was closed, and no text has come

    def feed(self, piece: str) -> str:
        """Return the text that is known to be none of the reasoning."""
        self._rest += piece
        return "".join(self._parts())

    def end(self) -> str:
        """Return what was held back: no more text comes."""
        held = self._tag + "".join(self._inside) + self._rest
        self._tag, self._rest, self._inside = "", "", []
        return self._shown(held)

    def _parts(self) -> Iterator[str]:
        rest, at = self._rest, 0
        while at < len(rest):
            if self._tag:
                close = _CLOSE.search(rest, at)
                if close is None:
                    until = max(len(rest) - _OVERLAP, at)
                    self._inside.append(rest[at:until])
                    at = until
                    break
                block = "".join(self._inside) + rest[at : close.start()]
                if block.strip():
                    self.reasoning.append(block.strip())
                self._tag, self._inside, at = "", [], close.end()
                self._bare = True
                continue
            start = rest.find("<", at)
            if start != at:
                until = len(rest) if start < 0 else start
                yield self._shown(rest[at:until])
                at = until
            elif tag := _OPEN.match(rest, at):
                self._tag, at = tag[0], tag.end()
            elif _MAY_OPEN.fullmatch(rest, at):
                break
            else:
                yield self._shown("<")
                at += 1
        self._rest = rest[at:]

    def _shown(self, text: str) -> str:
        if self._bare:
            text = text.lstrip()
        self._bare = self._bare and not text
        return text


def texts_of(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the outputs that are texts, without a model's reasoning."""
    return {
        name: value
        for name, value in outputs.items()
        if isinstance(value, str) and name != REASONING
    }


class TextPieces:
    """The pieces of a run's text, taken from its events."""

    def __init__(self) -> None:
        self._splitters: dict[tuple[str, ...], Splitter] = {}
        self._break = ""  # between two outputs; it goes with the second
        self._begun = False
        self._ended = False

    def take(self, chunk: str, event: Mapping[str, Any]) -> str:
        """Return the text that the `text` of a `text_chunk` adds; "" for reasoning.

        From Dify 1.9 on, all outputs of End come as text, with a line break of its own between
        them: a model's usage is left out as well.
        """
        data = event.get("data")
        selector = data.get("from_variable_selector") if isinstance(data, dict) else None
        source = tuple(map(str, selector)) if isinstance(selector, list) else ()
        name = source[-1] if source else ""
        if name == "answer" and not chunk.strip("\n"):
            rest = self._rest()
            self._break += chunk if self._begun else ""
            return rest
        if name == "usage" and chunk.startswith("{"):
            return ""
        return self._piece(self._splitters.setdefault(source, Splitter()).feed(chunk))

    def end(self, outputs: Mapping[str, Any]) -> str:
        """Return what is left when the run has ended: the whole text if no piece of it came."""
        if self._ended:
            return ""
        self._ended = True
        rest = self._rest()
        if self._begun:
            return rest
        return "\n".join(split_reasoning(text).text for text in texts_of(outputs).values())

    def _rest(self) -> str:
        return self._piece("".join(splitter.end() for splitter in self._splitters.values()))

    def _piece(self, text: str) -> str:
        if not text:
            return ""
        text, self._break, self._begun = self._break + text, "", True
        return text
