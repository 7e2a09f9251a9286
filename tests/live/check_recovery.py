"""A run whose connection breaks or falls silent is found again, and was started once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import pytest
from dify_workflow._api.versions import BY_NAME, LOGS_RUNNING_RUNS, OUTLIVES_ITS_STREAM
from facade import Kind

from . import apps
from .check_human_input import Callback
from .relay import FIRST_EVENT, RUN_ID, Mishap, Relay, own_proxy
from .session import Live, new_user, succeeded

CUT_RUNS, MOST_CUTS = 4, 3
FOUND_WITHIN = 150  # s; before, silence hid a run for 310
PAUSE = rb'"event":\s*"workflow_paused"'


@contextmanager
def through_relay(
    live: Live, kind: Kind, app: str | None = None, **options: Any
) -> Iterator[tuple[Relay, str, Any]]:
    """Give a relay, and an app with a client of it that goes through the relay."""
    if own_proxy(live.base_url):
        pytest.skip("the server is reached by a proxy, which this check cannot go through")
    if app is None:
        app = "SLOW" if apps.key("SLOW") else ""
    live.options(app)
    with Relay(live.base_url) as relay:
        given = {"user": new_user(), **options, **relay.options()}
        with live.connect(kind, app, **given) as dify:
            yield relay, app, dify


def check_whole(live: Live, dify: Any, stream: Any, items: list[Any]) -> None:
    """Fail unless a run succeeded, was told once from its start to its end, and started once."""
    result = stream.result()
    succeeded(result)
    names = [item.event for item in items]
    assert names[-1] == "workflow_finished"
    # Of a run that had ended when it was found, the end alone is told.
    assert names[0] == "workflow_started" or (result.recovered and not stream.events_complete)
    told = Counter((item.event, (item.raw.get("data") or {}).get("id")) for item in items)
    for (name, key), times in told.items():
        once = name.startswith("workflow_") or name in {"node_started", "node_finished"}
        assert times == 1 or not once, f"{name} of {key} was delivered {times} times"
    if stream.events_complete:
        begun, ended = (
            {key for name, key in told if name == event}
            for event in ("node_started", "node_finished")
        )
        assert begun == ended, "events are missing, and events_complete is true"
    if result.recovered:
        assert items[-1].recovered
        assert not stream.text_complete
    entries = live.until(lambda: live.entries(dify, result.user))
    assert [entry.run_id for entry in entries] == [result.id]
    info = live.info(dify, result.id)
    assert info.status == result.status
    if not result.files:  # their links are new each time
        assert info.outputs == result.outputs


@pytest.mark.parametrize("place", [FIRST_EVENT, RUN_ID], ids=["behind event", "inside event"])
def test_cut_stream(live: Live, kind: Kind, place: bytes) -> None:
    """The run's id is taken from a first event that is cut, too."""
    live.needs(OUTLIVES_ITS_STREAM)
    with through_relay(live, kind) as (relay, app, dify):
        relay.plan([Mishap(behind=place)])
        stream = dify.start(live.inputs(app))
        check_whole(live, dify, stream, live.read(stream))
        assert stream.recovered


def test_cuts_at_random_bytes(live: Live, kind: Kind) -> None:
    """In the head of the answer, too: then the run is found by its own user."""
    live.needs(LOGS_RUNNING_RUNS)
    with through_relay(live, kind, unique_user=True) as (relay, app, dify):
        for run in range(CUT_RUNS):
            cuts = [random.randrange(1, relay.longest) for _ in range(min(run, MOST_CUTS))]
            relay.plan(Mishap(after=cut) for cut in cuts)
            try:
                stream = dify.run_workflow_stream(live.inputs(app))
                check_whole(live, dify, stream, live.read(stream))
            except BaseException as error:
                error.add_note(f"the answers were cut behind {cuts} bytes")
                raise


def test_silence_from_the_start(live: Live, kind: Kind) -> None:
    """No byte of an answer comes: the logs know the run all the same."""
    live.needs(LOGS_RUNNING_RUNS)
    given: dict[str, Any] = {"unique_user": True, "deadline": FOUND_WITHIN}
    with through_relay(live, kind, **given) as (relay, app, dify):
        relay.plan([Mishap(after=0, silence=True)])
        stream = dify.start(live.inputs(app))
        check_whole(live, dify, stream, live.read(stream))


def test_silence_in_mid_stream(live: Live, kind: Kind) -> None:
    live.needs(OUTLIVES_ITS_STREAM)
    with through_relay(live, kind, deadline=FOUND_WITHIN) as (relay, app, dify):
        relay.plan([Mishap(behind=FIRST_EVENT, silence=True)])
        stream = dify.start(live.inputs(app))
        check_whole(live, dify, stream, live.read(stream))
        assert stream.recovered


def test_cut_before_a_pause(live: Live, kind: Kind) -> None:
    """The pause is told with its forms, however it is learnt of."""
    live.needs(BY_NAME["getHumanInputForm"])
    with through_relay(live, kind, "PAUSE") as (relay, app, dify):
        relay.plan(repeat(Mishap(before=PAUSE), 4))
        Callback().drive(live, dify, app)
