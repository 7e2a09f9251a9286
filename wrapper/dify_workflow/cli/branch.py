"""One line of a run's tree."""

from __future__ import annotations

import attrs


@attrs.define(eq=False)
class Branch:
    """A node, a round, or the whole run.

    `started` is by our clock, `elapsed` (s) is what the server said of one that has ended. `total`
    counts the rounds of an iteration (or the most that a loop may make).
    """

    title: str
    kind: str = ""
    status: str = "running"
    node_id: str = ""
    started: float | None = None
    elapsed: float | None = None
    error: str = ""
    note: str = ""
    total: int | None = None
    children: list[Branch] = attrs.field(factory=list)
    rounds: dict[int, Branch] = attrs.field(factory=dict)
    is_round: bool = False
    parent: Branch | None = attrs.field(default=None, repr=False)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "running"

    def move(self, parent: Branch) -> None:
        """Put it beneath another one, as the last."""
        if self.parent is not parent:
            if self.parent is not None:
                self.parent.children.remove(self)
            parent.children.append(self)
            self.parent = parent
