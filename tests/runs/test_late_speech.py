"""Servers to 1.12 send the last speech behind `workflow_finished`, on the run's own stream."""

from __future__ import annotations

from typing import Any

import pytest
from facade import Kind, answered, both
from fault_scripts import eight_nodes, framed
from replay_server import Reply, Sleep

RUN = {"workflow_run_id": eight_nodes().run_id, "task_id": eight_nodes().task_id}
FRAMES = eight_nodes().frames


def speech(number: int) -> bytes:
    return framed({"event": "tts_message", **RUN, "audio": f"YWF{number}"})


END = framed({"event": "tts_message_end", **RUN, "audio": ""})


def told(kind: Kind, version: str, *parts: Any) -> list[str]:
    reply = Reply.stream(*parts, headers=[("X-Version", version)])
    with answered(kind, reply) as (server, dify):
        names = [event.event for event in dify.run_workflow_stream({})]
        assert len(server.requests) == 1
    first = names.index("workflow_finished")
    return names[first:]


@both
@pytest.mark.parametrize("version", ["1.9.1", "1.12.1"])
def test_speech_behind_the_end_is_read_to_its_end(kind: Kind, version: str) -> None:
    late = [speech(1), Sleep(0.05), speech(2), END, speech(3), Sleep(60)]
    names = told(kind, version, *FRAMES[:3], speech(0), *FRAMES[3:], *late)
    assert names == ["workflow_finished", "tts_message", "tts_message", "tts_message_end"]


@both
def test_a_run_that_does_not_speak_ends_with_its_stream(kind: Kind) -> None:
    assert told(kind, "1.12.1", *FRAMES) == ["workflow_finished"]


@both
def test_from_1_13_on_nothing_is_waited_for(kind: Kind) -> None:
    """The server keeps the stream open, and no speech comes behind the end."""
    names = told(kind, "1.13.2", *FRAMES[:3], speech(0), *FRAMES[3:], speech(1), END, Sleep(60))
    assert names == ["workflow_finished"]
