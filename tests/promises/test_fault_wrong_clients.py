"""What checks the client is checked: clients that are wrong on purpose must fail the matrix."""

from __future__ import annotations

import pytest
from fault_cells import NEWER, Cell, all_cells
from fault_report import assert_clean, played, summary
from fault_scripts import eight_nodes, two_forms
from fault_sim import Client
from fault_wrong_clients import (
    believes_pings,
    believes_what_is_made_up,
    delivers_twice,
    ends_without_a_word,
    gives_up_early,
    pauses_without_forms,
    polls_after_the_cut,
    polls_only,
    posts_again,
    refuses_by_any_text,
    stops_at_the_cut,
)

pytestmark = pytest.mark.long


@pytest.mark.sample(2)
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
    found_out(client, kind, cells[::17])


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("client", "cuts"),
    [
        (believes_what_is_made_up, ["refused"]),
        (believes_what_is_made_up, ["doubt", "made"]),
        (refuses_by_any_text, ["made"]),
        (pauses_without_forms, ["eof", "chunk"]),
    ],
)
def test_clients_that_are_wrong_on_newer_servers_are_found_out(
    client: Client, cuts: list[str]
) -> None:
    cells = [cell for cell in all_cells() if cell.offer in NEWER and cell.cut in cuts]
    early = refuses_by_any_text is client
    found_out(
        client,
        "lost",
        [
            cell
            for cell in cells
            if cell.script is (two_forms if client is pauses_without_forms else eight_nodes)
            and not (early and cell.position)
        ],
    )


def found_out(client: Client, kind: str, cells: list[Cell]) -> None:
    """Check that the matrix finds a client out, and not in a single cell only."""
    verdicts = [(cell, played(cell, client)) for cell in cells]
    print(summary(client.__name__, verdicts))
    wrong = sum(any(verdict.problems) for _, verdict in verdicts)
    assert sum(verdict.count(kind) > 0 for _, verdict in verdicts) >= 5 or kind != "doubled"
    assert wrong >= min(10, len(cells))
    with pytest.raises(AssertionError, match="cells"):
        assert_clean(verdicts)
