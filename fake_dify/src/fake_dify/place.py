"""Where in a workflow a step is performed: inside which round of which iteration or loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen
class Place:
    """A place in a workflow.

    iteration, loop: node id and index of the round that the step belongs to.
    parallel: id of the parallel and first node of the branch (Dify up to 1.8 tells them).
    local: what only the steps of this round see (`item`, `index`).
    """

    iteration: tuple[str, int] | None = None
    loop: tuple[str, int] | None = None
    parallel: tuple[str, str] | None = None
    local: Mapping[str, Any] = {}

    @property
    def metadata(self) -> dict[str, Any]:
        """Return what `execution_metadata` says about the place."""
        found: dict[str, Any] = {}
        if self.iteration is not None:
            found |= {"iteration_id": self.iteration[0], "iteration_index": self.iteration[1]}
        if self.loop is not None:
            found |= {"loop_id": self.loop[0], "loop_index": self.loop[1]}
        return found
