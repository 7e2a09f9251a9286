"""The text of a run: in pieces as it comes, whole in the response, reasoning apart."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow import (
    SeveralTexts,
    WorkflowStreamEvent,
    split_reasoning,
)
from dify_workflow.types.text import Splitter, TextPieces, texts_of
from facade import Kind, answered, both, client
from fake_dify import End, FakeDify, Fault, Gate, Node, Text
from replay_server import Reply
from run_events import STARTED, live, sse
from wire_archive import Exchange, exchanges

TAGGED = [
    ("plain", "plain", ""),
    ("<think>a b</think>\n\nHello", "Hello", "a b"),
    ("Say <think>x</think>it", "Say it", "x"),
    ("<think>a</think>b<think>c</think>d", "bd", "a\nc"),
    ('<THINK time="1">a</Think>b', "b", "a"),
    ("<think></think>b", "b", ""),
    ("<think>never closed", "<think>never closed", ""),
    ("a <b> < c <thin> <thinking>d", "a <b> < c <thin> <thinking>d", ""),
    ("<think>a<think>b</think>c</think>", "c</think>", "a<think>b"),
    ("1 <", "1 <", ""),
    ("", "", ""),
]


@pytest.mark.parametrize(("whole", "text", "reasoning"), TAGGED)
def test_reasoning_stands_apart_wherever_the_text_is_cut(
    whole: str, text: str, reasoning: str
) -> None:
    assert split_reasoning(whole) == (text, reasoning)
    for first in range(len(whole) + 1):
        for second in range(first, len(whole) + 1):
            splitter = Splitter()
            pieces = (whole[:first], whole[first:second], whole[second:])
            told = "".join(map(splitter.feed, pieces)) + splitter.end()
            assert (told, "\n".join(splitter.reasoning)) == (text, reasoning), pieces


def test_text_is_told_as_soon_as_it_is_known() -> None:
    splitter = Splitter()
    assert [splitter.feed(piece) for piece in ("a", "b <", "i>c", "<think>", "d")] == [
        *("a", "b ", "<i>c", "", "")
    ]


THINKING = "<think>hm, 想</think>\nHello <b>"

# (workflow, text, reasoning)
RUNS: list[tuple[list[Any], str, str]] = [
    ([Text(["Hel", "lo"])], "Hello", ""),
    ([Text(["Hel", "lo"], reasoning="hm")], "Hello", "hm"),
    ([Text(["Hel", "lo"], reasoning=["h", "m"])], "Hello", "hm"),
    ([Text(list(THINKING))], "Hello <b>", "hm, 想"),
    ([Node(outputs={"result": "done"})], "done", ""),
    ([Node(outputs={"result": "<think>x</think>done"})], "done", "x"),
    ([Node(outputs={"number": 3})], "", ""),
    ([Node(outputs={"text": "a", "reasoning_content": "b"})], "a", "b"),
    ([Text(reasoning="hm"), End({"text": "llm.text", "usage": "llm.usage"})], "Hello", "hm"),
]


@both
@pytest.mark.parametrize("version", ["1.8.1", "1.14.2", "1.16.1"])
@pytest.mark.parametrize(("workflow", "text", "reasoning"), RUNS)
def test_pieces_and_response_have_the_text(
    kind: Kind, version: str, workflow: list[Any], text: str, reasoning: str
) -> None:
    with FakeDify(version, workflow=workflow, eof_delay=0.0) as fake, client(kind, fake) as dify:
        with dify.run_workflow_stream({}) as stream:
            pieces = list(stream.text)
            assert list(stream.text) == []
            response = stream.result()
        whole = dify.run_workflow({})
        asked = dify.info(whole.id)
    assert response.text == whole.text == asked.text == text
    streams_numbers = {"": ["3"]}.get(text, []) if version != "1.8.1" else []
    assert "".join(pieces) == "".join(streams_numbers or [text])
    if reasoning != "hm" or version == "1.16.1":  # older servers do not tell it elsewhere
        assert response.reasoning == whole.reasoning == reasoning


@both
def test_pieces_come_one_by_one_and_drive_the_run(kind: Kind, fake: FakeDify) -> None:
    gate = Gate()
    ends = End({"first": "llm.text", "second": "more.text"})
    fake.workflow = [Text(["Hel"]), gate, Text(["lo"], id="more"), ends]
    with client(kind, fake) as dify, dify.run_workflow_stream({}) as stream:
        assert not fake.posts()
        pieces = iter(stream.text)
        assert next(pieces) == "Hel"
        assert fake.runs[0].status == "running"
        gate.open()
        assert "".join(stream.text) == "\nlo"  # it goes on where it was
        assert stream.result().status == "succeeded"


@both
def test_nothing_is_repeated_after_a_gap(kind: Kind, fake: FakeDify) -> None:
    for chunks, after in ((["Hel", "lo ", "you"], 5), (["Hello you"], 2)):  # behind, before a piece
        fake.workflow = [Text(chunks)]
        fake.faults.add(Fault(then="reset", after_events=after))
        with client(kind, fake) as dify, dify.run_workflow_stream({}) as stream:
            pieces = "".join(stream.text)
            assert pieces.count("Hel") == 1
            assert pieces.startswith(chunks[0])
            assert stream.text_complete is False
            assert stream.result().text == "Hello you"


@both
def test_several_texts_are_named_and_a_failed_run_has_pieces(kind: Kind, fake: FakeDify) -> None:
    """Runs without a text say why: tests/types/test_typed.py."""
    with client(kind, fake) as dify:
        fake.workflow = [Text(["Hel"], error="no model")]
        with dify.run_workflow_stream({}) as stream:
            assert "".join(stream.text) == "Hel"
        fake.workflow = [Node(outputs={"a": "x", "b": "y", "n": 1, "reasoning_content": "z"})]
        several = dify.run_workflow({})
        with pytest.raises(SeveralTexts, match="a, b") as caught:
            _ = several.text
        assert (caught.value.names, caught.value.response) == (("a", "b"), several)


@both
def test_a_piece_without_a_text_is_an_event_all_the_same(kind: Kind) -> None:
    end = live("workflow_finished", status="succeeded", outputs={})
    events = [STARTED, live("text_chunk", text=None), live("text_chunk", text="a"), end]
    with answered(kind, Reply.stream(sse(events))) as (_, dify):
        names = [item.event for item in dify.run_workflow_stream({})]
    assert names == [event["event"] for event in events]


LLM = ("llm", "llm_tagged", "tts", "llm_code", "branch", "agent", "limited")
RECORDED = [
    item
    for item in exchanges()
    if item.is_stream
    and item.complete
    and item.request.get("app") in LLM
    and {"text_chunk", "workflow_finished"} <= {event["event"] for event in item.events()}
    and item.events()[-1]["data"].get("status") == "succeeded"
]


@pytest.mark.sample(6)
@pytest.mark.parametrize("item", RECORDED, ids=str)
def test_recorded_pieces_are_the_text_of_the_outputs(item: Exchange) -> None:
    pieces = TextPieces()
    events = [WorkflowStreamEvent(event["event"], event) for event in item.events()]
    outputs = item.events()[-1]["data"]["outputs"]
    told = [pieces.take(event.text, event.raw) for event in events if event.text]
    whole = "".join(told) + pieces.end(outputs)
    text = next(iter(texts_of(outputs).values()))
    assert whole.strip().startswith(split_reasoning(text).text.strip())
    assert "想" not in whole or "<details" in whole  # which is how 0.15 tells reasoning
