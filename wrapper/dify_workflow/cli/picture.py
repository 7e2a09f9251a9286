"""The picture of a run: its tree of nodes, and the last lines of its text."""

from __future__ import annotations

import threading

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from rich.tree import Tree

from .branch import Branch
from .output import clean
from .tree import RunTree

SHOWN_ROUNDS = 3  # rounds that have ended well; the ones before are counted
TEXT_LINES = 4  # at least so many are for the text
_MARKS = {
    "running": ("●", "*", "yellow"),
    "succeeded": ("✓", "+", "green"),
    "partial-succeeded": ("✓", "+", "yellow"),
    "exception": ("!", "!", "yellow"),
    "failed": ("✗", "x", "red"),
    "stopped": ("■", "#", "red"),
    "paused": ("…", "=", "cyan"),
    "interrupted": ("■", "#", "red"),
}


class Picture:
    """Draws a run as it is now, as high as the terminal at most; all of it when `whole`.

    `lock` is held while it draws, since rich draws in a thread of its own.
    """

    def __init__(self, tree: RunTree) -> None:
        self.tree = tree
        self.whole = False
        self.lock: threading.Lock = threading.Lock()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self.lock:
            lines = self._lines(console, options)
        for line in lines:
            yield from line
            yield Segment.line()

    def _lines(self, console: Console, options: ConsoleOptions) -> list[list[Segment]]:
        drawn = console.render_lines(self._drawn(options.ascii_only), options, pad=False)
        text: list[list[Segment]] = []
        if not self.whole:
            most = max(console.size.height - 1, TEXT_LINES + 2)
            text = self._text(console, options, max(TEXT_LINES, most - len(drawn)))
            left = most - len(text)
            if len(drawn) > left:
                above = Text(f"  … {len(drawn) - left + 1} lines", "dim")
                [line] = console.render_lines(above, options, pad=False)[:1]
                drawn = [drawn[0], line, *drawn[2 - left :]]
        return drawn + text

    def _text(self, console: Console, options: ConsoleOptions, most: int) -> list[list[Segment]]:
        last = clean(self.tree.text)[-most * options.max_width :].rstrip("\n")
        return console.render_lines(Text(last), options, pad=False)[-most:] if last else []

    def _drawn(self, ascii_only: bool) -> Tree:
        drawn = Tree(self._label(self.tree.root, ascii_only), guide_style=Style(dim=True))
        self._add(drawn, self.tree.root, ascii_only)
        return drawn

    def _add(self, drawn: Tree, branch: Branch, ascii_only: bool) -> None:
        rounds = [it for it in branch.children if it.is_round and it.status == "succeeded"]
        hidden = set(rounds[:-SHOWN_ROUNDS])
        if hidden:
            drawn.add(Text(f"{len(hidden)} more rounds", "dim"))
        for child in branch.children:
            announced = child.is_round and child.running and not child.children
            if child not in hidden and not announced:
                self._add(drawn.add(self._label(child, ascii_only)), child, ascii_only)

    def _label(self, branch: Branch, ascii_only: bool) -> Text:
        mark, plain, colour = _MARKS.get(branch.status, ("?", "?", "yellow"))
        root = branch is self.tree.root
        label = Text.assemble((f"{plain if ascii_only else mark} ", colour))
        label.append(clean(branch.title).replace("\n", " "), "bold" if root else "default")
        if branch.kind and branch.kind != branch.title.lower():
            label.append(f"  {clean(branch.kind)}", "dim")
        if branch.total is not None and branch.kind == "iteration":
            done = sum(not it.running for it in branch.rounds.values())
            label.append(f"  {done} of {branch.total}", "dim")
        if root or branch.status not in ("running", "succeeded"):
            label.append(f"  {clean(branch.status)}", colour)
        seconds = self._seconds(branch)
        if seconds is not None:
            label.append(f"  {seconds:.1f} s", "dim")
        if said := branch.note or (not root and branch.error):  # a run's error is the last line
            label.append(f"  {' '.join(clean(said).split())[:200]}", colour)
        label.no_wrap, label.overflow = True, "ellipsis"
        return label

    def _seconds(self, branch: Branch) -> float | None:
        if not branch.running or branch.started is None:
            return branch.elapsed
        if self.whole and not self.tree.root.running:
            return None  # the run ended, or was left, in the middle of it
        return self.tree.now() - branch.started
