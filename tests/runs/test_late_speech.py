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
