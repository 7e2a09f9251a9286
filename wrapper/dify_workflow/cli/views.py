"""How a run is shown while it goes on: as a live tree, as lines, as JSON, or not at all."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Self

from .. import WorkflowStreamEvent
from .output import console_on, is_live, note, write_event
from .tree import RunTree

REFRESHES = 8  # pictures a second
_TOLD = frozenset({"node_finished", "iteration_completed", "loop_completed", "node_retry"})


class View(AbstractContextManager["View"]):
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, item: WorkflowStreamEvent) -> None:
        """Take one event."""


class Spinner(View):
    """Turns on stderr, with the time that has passed, while nothing is to be shown."""

    def __init__(self) -> None:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("running"), TimeElapsedColumn())
        console = console_on(sys.stderr)
        self._progress = Progress(*columns, console=console, transient=True)

    def __enter__(self) -> Self:
        self._progress.add_task("")
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


class JsonView(View):
    """Writes each event to stdout, as the server sent it, on a line."""

    def show(self, item: WorkflowStreamEvent) -> None:
        write_event(item.raw)


class LineView(View):
    """Tells of each node that has ended, on stderr."""

    def __init__(self) -> None:
        self._tree = RunTree()

    def show(self, item: WorkflowStreamEvent) -> None:
        begun = self._tree.root.title != "run"
        branch = self._tree.take(item)
        if not begun and item.id:
            note(f"run {item.id}" + (f" task {item.task_id}" if item.task_id else ""))
        if branch is None or item.event not in _TOLD:
            return
        if item.event == "node_retry":
            note(f"{branch.title}: {branch.note}")
            return
        seconds = "" if branch.elapsed is None else f" {branch.elapsed:.2f} s"
        note(f"{branch.title}: {branch.status}{seconds} {branch.error}".rstrip())


class TreeView(View):
    """Draws the run on stderr, and what is left of the picture at its end stays there."""

    def __init__(self) -> None:
        from rich.live import Live

        from .picture import Picture

        self._picture = Picture(RunTree())
        self._live = Live(
            console=console_on(sys.stderr),
            get_renderable=lambda: self._picture,
            refresh_per_second=REFRESHES,
            vertical_overflow="crop",
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: object = None, *_: object) -> None:
        root = self._picture.tree.root
        if kind is KeyboardInterrupt and root.running:
            root.status = "interrupted"
        self._picture.whole = True
        self._live.stop()

    def show(self, item: WorkflowStreamEvent) -> None:
        with self._picture.lock:
            self._picture.tree.take(item)


def view_of(*, streamed: bool, as_json: bool) -> View:
    """Return the view that the options, and what stderr is, ask for."""
    if not streamed:
        return Spinner() if is_live(sys.stderr) and not as_json else View()
    if as_json:
        return JsonView()
    return TreeView() if is_live(sys.stderr) else LineView()
