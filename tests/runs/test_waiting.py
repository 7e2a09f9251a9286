"""How long is waited for a server that says nothing, and what is done meanwhile."""

from __future__ import annotations

import math
import threading
from typing import Any

import httpx
import pytest
from dify_workflow import NotFound, RequestTimedOut, RunOutcomeUnknown
from dify_workflow._api import limits
from dify_workflow._runs.state import RunState
from facade import Kind, answered, both
from fault_cases import run_both, server
from fault_scripts import eight_nodes, framed
from fault_sim import following, play, start_elsewhere, stream_of
from fault_streams import Fault
from replay_server import Reply, Request, Sleep

OURS: list[dict[str, Any]] = [{"unique_user": True}, {"run_key_input": "k"}]
ours = pytest.mark.parametrize("options", OURS, ids=str)


def slow_head(seconds: float, **more: Any) -> dict[str, Any]:
    return {"version": "1.16.1", "head_after": seconds, **more}


@ours
def test_the_logs_are_asked_while_the_head_of_the_answer_does_not_come(
    options: dict[str, Any],
) -> None:
    seen = run_both(slow_head(40.0), {"whole"}, **options)
    assert len(seen.events) == len(eight_nodes().events)
    assert "events" not in seen.server.asked
    assert seen.server.asked.count("logs") == 1  # found with the first look, after 15 s
    seen = run_both(slow_head(40.0, recorded_after=20.0), {"whole"}, **options)
    assert seen.server.asked.count("logs") == 2


def test_a_run_that_cannot_be_known_again_is_not_looked_for() -> None:
    seen = run_both(slow_head(40.0), {"whole"})
    assert seen.server.asked == ["post"]
    seen = run_both(slow_head(400.0), {"unknown"})
    assert "logs" in seen.server.asked  # for the candidates, when the POST is given up
    assert seen.seconds > 300


@ours
def test_a_run_that_ended_behind_a_silent_post_is_told_by_the_replay(
    options: dict[str, Any],
) -> None:
    seen = run_both(slow_head(1e4), {"recovered"}, **options)
    assert seen.seconds < 90  # the run took 43 s
    assert seen.server.asked.count("post") == seen.server.asked.count("events") == 1


@both
def test_start_returns_with_the_id_that_the_logs_have(kind: Kind) -> None:
    """The task's id is in the run's events, which are asked for where it is needed."""
    dify = server(**slow_head(100.0, script=eight_nodes().paced(10.0)))
    run = following(dify, unique_user=True)
    with stream_of(dify, run, kind) as stream:
        stream._start()
        assert (stream.id, 15 <= dify.clock.now < 20) == (dify.script.run_id, True)
        stream.stop()
    assert dify.asked == ["post", "logs", "detail", "events", "stop"]
    assert dify.clock.now < 30  # no longer than until the first of them
    assert dify.opened == dify.closed


@pytest.mark.parametrize("answer", ["429", "busy", "500", "refused"])
def test_what_was_found_is_not_posted_again(answer: Any) -> None:
    """Whatever the POST answers then."""
    dify = server(**slow_head(20.0, troubles={"post": [answer]}))
    run = following(dify, unique_user=True)
    start_elsewhere(dify, run)
    seen = play(dify, run)
    assert (seen.recovered, seen.status) == (True, "succeeded")
    assert dify.asked.count("post") == 1


@ours
def test_two_runs_that_match_are_told(options: dict[str, Any]) -> None:
    dify = server(**slow_head(1e4))
    run = following(dify, **options)
    start_elsewhere(dify, run)
    seen = play(dify, run)
    assert isinstance(seen.error, RunOutcomeUnknown)
    assert len(seen.error.candidates) == 2
    assert dify.asked.count("post") == 1


def test_a_post_is_not_left_for_a_server_whose_version_is_not_known() -> None:
    """It may be one whose runs die with their streams."""
    dify = server(**slow_head(1e4, says_version=False))
    seen = play(dify, following(dify, unique_user=True))
    assert seen.seconds > 300


@both
def test_the_head_comes_late_over_a_real_connection(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The logs are asked meanwhile, over other connections; the answer is read as ever."""
    monkeypatch.setattr(limits, "LOOK_EVERY", 0.05)
    looked = threading.Event()
    nothing = {"data": [], "page": 1, "limit": 100, "total": 0, "has_more": False}
    script = eight_nodes()

    def handler(request: Request) -> Reply:
        if request.method == "POST":
            assert looked.wait(20)
            return Reply.stream(b"".join(script.frames))
        looked.set()
        return Reply.json(200, nothing)

    with answered(kind, handler, unique_user=True) as (replay, dify):
        events = list(dify.run_workflow_stream({}))
        assert [event.event for event in events] == [event["event"] for event in script.events]
    assert [request.method for request in replay.requests].count("POST") == 1


# Silence behind the first event.


def test_silence_in_mid_stream_leads_to_a_look_after_25_seconds() -> None:
    def silent(cut: int, gap: float) -> dict[str, Any]:
        script = eight_nodes().paced(gap)
        return {"script": script, "version": "1.16.1", "own_fault": Fault("silence", cut)}

    ended = run_both(silent(20, 0.5), {"recovered"})
    assert ended.seconds < 40
    assert ended.server.asked[:2] == ["post", "detail"]
    running = run_both(silent(3, 4.0), {"recovered"})
    asked = running.server.asked
    assert asked[:2] == ["post", "detail"]
    assert asked.index("events") == 2  # kept until 60 s of silence, then attached again


def test_a_read_timeout_that_the_caller_gave_rules() -> None:
    silent = {"version": "1.16.1", "own_fault": Fault("silence", 3)}
    seen = run_both(silent, {"recovered"}, timeout=httpx.Timeout(10.0))
    assert seen.server.asked[:2] == ["post", "events"]


# A run that is not there.


@pytest.mark.parametrize("version", ["1.12.1", "1.13.2", "1.14.2", "1.16.1"])
def test_attach_to_an_unknown_id(version: str) -> None:
    seen = run_both({"version": version}, {"refused"}, attach=True)
    assert isinstance(seen.error, NotFound)
    assert 5 < seen.seconds < 10


@pytest.mark.parametrize("version", ["1.12.1", "1.16.1"])
def test_a_run_that_is_put_on_record_within_5_seconds_is_followed(version: str) -> None:
    dify = server(version=version, recorded_after=3.0)
    start_elsewhere(dify)
    seen = play(dify, following(dify, attach=True))
    assert seen.result is not None
    assert seen.result.status == "succeeded"


def test_result_says_that_the_run_was_not_found_yet() -> None:
    dify = server(version="1.16.1")
    stream = stream_of(dify, following(dify, attach=True))
    with pytest.raises(RequestTimedOut, match="was not found yet"):
        stream.result(2)
    with pytest.raises(NotFound):
        stream.result()


@pytest.mark.parametrize("seconds", [10**400, math.inf])
def test_result_waits_as_long_as_it_is_told(seconds: float) -> None:
    dify = server(version="1.16.1")
    assert stream_of(dify, following(dify)).result(seconds).status == "succeeded"


def test_the_ids_are_taken_from_an_event_that_was_cut_inside(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """But for those of a start that is made up: they are not confirmed."""
    first = eight_nodes().events[0]
    run_id, task_id = first["workflow_run_id"], first["task_id"]
    data, made = framed(first), framed({**first, "task_id": run_id})
    known = data.index(task_id.encode()) + len(task_id) + 1
    for doubts in (False, True):
        for end in range(len(data) - 2):
            state = RunState()
            state.doubts_ends = doubts
            state.feed(data[:end])
            state.interrupted()
            if end >= known:
                assert (state.run_id, state.task_id) == (run_id, task_id)
            assert not state.ready
    state = RunState()
    state.doubts_ends = True
    state.feed(made[:-4])
    state.interrupted()
    assert (state.run_id, state.unconfirmed_id) == (None, run_id)
    state = RunState()  # an event that ends in a brace, though not its own
    state.feed(b'data: {"event":"node_finished","workflow_run_id":"r","data":{"outputs":{}')
    state.interrupted()
    assert (state.run_id, list(state.ready)) == ("r", [])
    assert not caplog.records


# Servers to 1.12 send the last speech behind `workflow_finished`, on the run's own stream.


RUN = {"workflow_run_id": eight_nodes().run_id, "task_id": eight_nodes().task_id}
FRAMES = eight_nodes().frames


def speech(number: int) -> bytes:
    return framed({"event": "tts_message", **RUN, "audio": f"YWF{number}"})


END = framed({"event": "tts_message_end", **RUN, "audio": ""})


LATE = [speech(1), Sleep(0.05), speech(2), END, speech(3), Sleep(60)]
SPEAKS = [*FRAMES[:3], speech(0), *FRAMES[3:]]
READ = ["tts_message", "tts_message", "tts_message_end"]
# The server's version, what it sends, what comes behind the run's end.
ENDS: list[tuple[str, list[Any], list[str]]] = [
    ("1.9.1", [*SPEAKS, *LATE], READ),
    ("1.12.1", [*SPEAKS, *LATE], READ),
    ("1.12.1", [*FRAMES], []),  # a run that does not speak ends with its stream
    ("1.13.2", [*SPEAKS, speech(1), END, Sleep(60)], []),  # no speech comes behind the end
]


@both
@pytest.mark.parametrize(("version", "parts", "behind"), ENDS)
def test_speech_behind_the_end_is_read_to_its_end_to_1_12(
    kind: Kind, version: str, parts: list[Any], behind: list[str]
) -> None:
    reply = Reply.stream(*parts, headers=[("X-Version", version)])
    with answered(kind, reply) as (server, dify):
        names = [event.event for event in dify.run_workflow_stream({})]
        assert len(server.requests) == 1
    assert names[names.index("workflow_finished") + 1 :] == behind
