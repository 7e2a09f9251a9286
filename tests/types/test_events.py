"""Stream items: the message and the data of each."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from dify_workflow import WorkflowStreamEvent
from dify_workflow_api import models
from run_events import run_of
from wire_archive import exchange


def made(name: str, payload: Any = None, **fields: Any) -> WorkflowStreamEvent:
    raw = {"event": name, **fields}
    return WorkflowStreamEvent(name, raw if payload is None else {**raw, "data": payload})


# Of nodes, iterations and loops, and recorded pieces of text: tests/promises/test_recordings.py.
MESSAGES: list[tuple[WorkflowStreamEvent, str]] = [
    (made("text_chunk", {"text": "\n"}), "\n"),
    (made("text_chunk", {"text": "a", "from_variable_selector": ["n", "text"]}), "a"),
    (made("text_chunk", {"text": ""}), ""),
    (made("text_chunk", {"text": 3}), ""),
    (made("text_chunk", data=None), ""),
    (made("text_replace", {"text": "a"}), "a"),
    (made("reasoning_chunk", {"reasoning": "a", "is_final": False}), "a"),
    (made("workflow_started", {"id": "r", "inputs": {}}), ""),
    (made("workflow_finished", {"status": "succeeded", "error": None, "outputs": {}}), ""),
    (made("workflow_finished", {"status": "succeeded", "error": ""}), ""),
    (made("workflow_finished", {"status": "failed", "error": "boom"}), "boom"),
    (made("node_retry", {"title": "Code", "error": "again"}), "again"),
    (made("agent_log", {"label": "ROUND 1", "error": None}), "ROUND 1"),
    (made("agent_log", {"label": "ROUND 1", "error": "boom"}), "boom"),
    (made("human_input_required", {"node_title": "ask", "form_content": "Hello"}), "ask"),
    (made("workflow_paused", {"reasons": []}), ""),
    (made("tts_message", audio="//PE"), ""),
    (made("error", message="boom"), "boom"),
    (made("error", message=None), ""),
    (made("error", message=["boom"]), ""),
    (made("newer", {"title": "A title"}), "A title"),
    (made("newer", {"something": 1}), ""),
    (made("newer", [1]), ""),
    (made("node_started", {"title": 5, "error": ["a"], "text": {}}), ""),
]


@pytest.mark.parametrize(("event", "message"), MESSAGES, ids=repr)
def test_the_message_is_the_human_text(event: WorkflowStreamEvent, message: str) -> None:
    assert event.message == message
    assert event.text == (message if event.event == "text_chunk" else "")


def test_reasoning_that_comes_as_text_is_no_text() -> None:
    apart = {"text": "a", "from_variable_selector": ["n", "reasoning_content"]}
    assert (made("text_chunk", apart).message, made("text_chunk", apart).text) == ("a", "")


def test_data_is_the_model_or_the_plain_dict() -> None:
    spoken = made("tts_message", workflow_run_id="r", task_id="t", audio="//PE").data
    assert isinstance(spoken, models.TtsMessageEvent)  # an event without a payload
    assert spoken.audio == "//PE"
    event = made("text_chunk", {"text": "a", "newer": 1})
    assert isinstance(event.data, models.TextChunkData)  # unknown fields are kept
    assert event.data["newer"] == event.raw["data"]["newer"] == 1
    # Unknown events, and what cannot be read.
    for name, payload in (("newer", {"a": [1]}), ("node_finished", {"execution_metadata": "?"})):
        assert made(name, payload).data is payload
    assert made("newer", a=1).data == {"event": "newer", "a": 1}
    for name, odd in (("newer", [1]), ("node_finished", "text")):
        assert made(name, odd).data == {"event": name, "data": odd}


@pytest.mark.parametrize("decoded", [False, True])
@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda event: pickle.loads(pickle.dumps(event))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_an_item_survives_pickle_and_copy(decoded: bool, copied: Callable[[Any], Any]) -> None:
    for event in run_of(exchange("1.14.2", "run/types_streaming").events()).ready:
        if decoded:
            assert event.data is not None
        again = copied(event)
        for name in ("raw", "data", "event", "id", "task_id", "status", "recovered"):
            assert getattr(again, name) == getattr(event, name)
        assert type(again.data) is type(event.data)
        assert repr(again) == repr(event)
