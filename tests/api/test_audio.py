"""Speech: audio comes piece by piece, and every refusal has its type."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import errors
from error_answers import answer_of
from facade import API_KEY, Kind, answered, both, client
from fake_dify import FakeDify
from replay_reply import chunked, head
from replay_server import Close, Reply, Sleep
from wire_archive import exchange, exchanges

SPOKEN = exchange("1.14.2", "audio/with_model_text_to_audio")
HEAD = head(200, [("Content-Type", "audio/mpeg"), ("Transfer-Encoding", "chunked")])

# Text to audio.


@both
def test_audio_is_what_the_server_said(kind: Kind) -> None:
    with answered(kind, SPOKEN, user="ann") as (server, dify):
        assert b"".join(dify.text_to_audio("hello")) == SPOKEN.body
        assert b"".join(dify.text_to_audio("hello", voice="alloy", user="bob")) == SPOKEN.body
        first, second = server.requests
        assert str(dify.server_version) == "1.14.2"
    assert (first.method, first.path) == ("POST", "/v1/text-to-audio")
    assert first.headers["authorization"] == f"Bearer {API_KEY}"
    assert first.json() == {"text": "hello", "user": "ann"}
    assert second.json() == {"text": "hello", "voice": "alloy", "user": "bob"}


@both
def test_the_first_piece_comes_before_the_last(kind: Kind) -> None:
    reply = Reply.raw(HEAD, *chunked([b"first", Sleep(60), b"last"]))
    with answered(kind, reply) as (server, dify):
        pieces = dify.text_to_audio("hello")
        assert server.requests == []  # it is sent with the first piece
        assert next(pieces) == b"first"
        pieces.close()
        assert list(pieces) == []
        if kind == "sync":
            server.wait_closed()


@both
def test_audio_that_breaks_off_or_does_not_come(kind: Kind) -> None:
    broken = Reply.raw(HEAD, *chunked([b"first"]), Close())
    with answered(kind, broken, Reply.raw(Sleep(60))) as (server, dify):
        pieces = dify.text_to_audio("hello")
        assert next(pieces) == b"first"
        with pytest.raises(errors.ConnectionFailed):
            list(pieces)
        with pytest.raises(errors.RequestTimedOut):
            list(dify.text_to_audio("hello", timeout=0.1))
    with client(kind, server) as dify, pytest.raises(errors.ConnectionFailed):
        list(dify.text_to_audio("hello"))


@both
def test_a_message_that_is_not_there(kind: Kind) -> None:
    item = exchange("1.14.2", "audio/with_model_text_to_audio_unknownmsg")
    assert (item.status, item.json()) == (200, None)
    message = "00000000-0000-0000-0000-000000000000"
    with answered(kind, item, user="ann") as (server, dify):
        with pytest.raises(errors.NotFound):
            list(dify.text_to_audio(message_id=message))
        assert server.requests[0].json() == {"message_id": message, "user": "ann"}


REFUSED = [item for item in exchanges("1.14.2", "audio/") if item.status >= 400]


@both
def test_every_refusal_is_typed(kind: Kind) -> None:
    """What each means: tests/api/test_errors.py."""
    assert len(REFUSED) >= 9
    for item in REFUSED:
        expected = type(answer_of(item).error())
        with answered(kind, item, max_retries=0) as (_, dify):
            with pytest.raises(expected) as by_text:
                next(dify.text_to_audio("hello"))
            with pytest.raises(expected) as by_audio:
                dify.audio_to_text(b"x", name="a.wav")
        for error in (by_text.value, by_audio.value):
            assert (error.status_code, error.message) == (item.status, item.json()["message"])


# Audio to text.

# What every server takes, and by nothing but the part's Content-Type.
TAKEN = [f"audio/{extension}" for extension in ("mp3", "m4a", "wav", "amr", "mpga")]


@pytest.fixture
def fake(fake: FakeDify) -> FakeDify:
    fake.default_app.speech = True
    return fake


@both
@pytest.mark.parametrize("mime_type", TAKEN)
def test_audio_is_sent_by_the_name_that_servers_know(
    kind: Kind, mime_type: str, tmp_path: Path, fake: FakeDify
) -> None:
    extension = mime_type.partition("/")[2]
    path = tmp_path / f"a.{extension.upper()}"
    path.write_bytes(b"RIFF")
    sources: list[tuple[Any, dict[str, str], str]] = [
        (path, {}, path.name),
        (b"RIFF", {"name": f"x/a.b.{extension}"}, f"a.b.{extension}"),
        (path, {"name": "a.txt", "mime_type": mime_type}, "a.txt"),
    ]
    with client(kind, fake, user="ann") as dify:
        for content, given, name in sources:
            assert dify.audio_to_text(content, **given) == fake.transcript
            request = fake.requests[-1]
            assert (request.method, request.path) == ("POST", "/v1/audio-to-text")
            assert request.body == {"file": name, "user": "ann"}
            part = request.files["file"]
            assert (part.content_type, part.size) == (mime_type, len(b"RIFF"))


@both
@pytest.mark.parametrize("name", ["a.ogg", "a.mp4", "a.flac", "a.txt", "mp3", ".mp3", "a.mp3.zip"])
def test_audio_that_no_server_takes_is_not_sent(
    kind: Kind, name: str, tmp_path: Path, fake: FakeDify
) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    with client(kind, fake) as dify:
        for content, given in ((path, {}), (b"x", {"name": name}), (io.BytesIO(b"x"), {})):
            with pytest.raises(errors.InvalidArgument, match="mp3, m4a, wav, amr, mpga") as caught:
                dify.audio_to_text(content, **given)
            assert caught.value.field == "name"
        assert fake.requests == []
        with pytest.raises(errors.UnsupportedMediaType):  # what is given is sent
            dify.audio_to_text(path, mime_type="audio/ogg")
        assert len(fake.requests) == 1
