"""Whatever a server streams: reading an event never fails, and a run's end is ours."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from dify_workflow import DifyError
from dify_workflow_api.events import EVENTS
from facade import Kind, both
from fake_dify.contract import contract
from mutants import RUN, Path, mutants, of_types, serving, use_response
from recorded_models import SPEC, component
from recorded_runs import TERMINAL
from wire_archive import exchanges

ENVELOPES = SPEC["components"]["schemas"]["WorkflowEvent"]["discriminator"]["mapping"].values()
UNRECORDED: list[dict[str, Any]] = [
    contract().example(ref.rpartition("/")[2])
    for ref in ENVELOPES
    if component({"$ref": ref}).get("x-recorded") is False
]


@functools.cache
def events_by_name() -> dict[str, list[tuple[str, Any]]]:
    """Mutants of every recorded event, by its name, each place once."""
    known: dict[str, set[Path]] = {}
    found: dict[str, list[tuple[str, Any]]] = {}
    for item in [None, *exchanges()]:
        for event in UNRECORDED if item is None else item.events() if item.is_stream else ():
            name = event["event"]
            found.setdefault(name, []).extend(mutants(event, known.setdefault(name, set())))
    return found


def use_event(event: Any) -> None:
    """Read all that there is."""
    of_types(event, event=str, status=str, message=str, id=str | None, task_id=str | None)
    of_types(event, raw=dict, recovered=bool)
    assert isinstance(event.data, dict) or hasattr(event.data, "to_dict")


@both
@pytest.mark.parametrize("name", sorted(set(EVENTS) - TERMINAL))
def test_events_never_raise(kind: Kind, name: str) -> None:
    found = events_by_name()[name][:: 1 if kind == "sync" else 3]
    end = RUN.events()[-1]
    with serving(kind) as (server, dify):
        for start in range(0, len(found), 200):
            some = found[start : start + 200]
            server.will_stream(*(event for _, event in some), end)
            with dify.run_workflow_stream({}) as stream:
                events = list(stream)
            use_response(stream.result())
            assert len(events) == len(some) + 1
            for event in events:
                use_event(event)


@pytest.mark.long
@pytest.mark.sample(2)
@both
@pytest.mark.parametrize("name", sorted(TERMINAL))
def test_last_events_never_raise_but_our_errors(kind: Kind, name: str) -> None:
    found = events_by_name()[name]
    first = RUN.events()[0]
    results = errors = 0
    with serving(kind) as (server, dify):
        for what, event in found if kind == "sync" else found[::3]:
            server.answers.clear()
            server.will_stream(first, event)
            stream = dify.run_workflow_stream({})
            try:
                for item in stream:
                    use_event(item)
                use_response(stream.result())
                results += 1
            except DifyError:
                errors += 1
            except Exception as error:
                raise AssertionError(what) from error
    assert (results > 100) == (name != "error")
    assert errors >= 5
