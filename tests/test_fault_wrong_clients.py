"""What checks the client is checked: clients that are wrong on purpose must fail the matrix."""

from __future__ import annotations

import pytest
from fault_cells import all_cells
from fault_scripts import eight_nodes
from fault_sim import Client
from fault_wrong_clients import (
    believes_pings,
    delivers_twice,
    ends_without_a_word,
    gives_up_early,
    polls_after_the_cut,
    polls_only,
    posts_again,
    stops_at_the_cut,
)
from test_fault_matrix import assert_clean, played, summary


@pytest.mark.parametrize(
    ("client", "kind"),
    [
        (polls_only, "lost"),
        (polls_after_the_cut, "lost"),
        (posts_again, "doubled"),
        (stops_at_the_cut, "lost"),
        (ends_without_a_word, "lost"),
        (delivers_twice, "doubled"),
        (believes_pings, "lost"),
        (gives_up_early, "lost"),
    ],
)
def test_wrong_clients_are_found_out(client: Client, kind: str) -> None:
    cells = [cell for cell in all_cells() if cell.script is eight_nodes and cell.pace == "slow"]
    verdicts = [(cell, played(cell, client)) for cell in cells[::17]]
    print(summary(client.__name__, verdicts))
    assert sum(verdict.count(kind) > 0 for _, verdict in verdicts) >= 10
    with pytest.raises(AssertionError, match="cells"):
        assert_clean(verdicts)
