"""Speech: audio comes piece by piece, and every recorded refusal has its type."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    AppUnavailable,
    ConnectionFailed,
    DifyError,
    GatewayError,
    InvalidArgument,
    InvalidParam,
    NotFound,
    ProviderError,
    RequestTimedOut,
    TooLarge,
    TooManyRequests,
    UnsupportedMediaType,
)
from facade import API_KEY, Kind, both, client
from fake_dify import FakeDify
from pauses import recorded_pauses
from replay_reply import chunked, head
from replay_server import Close, ReplayServer, Reply, Request, Sleep
from upload_server import Part, parts_of
from wire_archive import exchange, exchanges

SPOKEN = exchange("1.14.2", "audio/with_model_text_to_audio")
HEARD = exchange("1.14.2", "audio/with_model_audio_to_text")
TEXT = "transcribed text 你好"
HEAD = head(200, [("Content-Type", "audio/mpeg"), ("Transfer-Encoding", "chunked")])

MEANING: dict[str, type[APIError]] = {
    "Speech to text is not enabled": AppUnavailable,
    "TTS is not enabled": AppUnavailable,
    "Text is required": InvalidParam,
    "provider_not_initialize": ProviderError,
    "bad_request_key_error": InvalidParam,
    "audio_too_large": TooLarge,
}


def meaning(raw: dict[str, Any]) -> type[APIError]:
    return MEANING.get(raw["message"]) or MEANING[raw["code"]]


# Text to audio.


@both
def test_audio_is_what_the_server_said(kind: Kind) -> None:
    with ReplayServer([Reply.of(SPOKEN)]) as server, client(kind, server.url, user="ann") as dify:
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
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        pieces = dify.text_to_audio("hello")
        assert server.requests == []  # it is sent with the first piece
        assert next(pieces) == b"first"
        pieces.close()
        assert list(pieces) == []
        if kind == "sync":
            server.wait_closed()


@both
def test_audio_that_breaks_off(kind: Kind) -> None:
    reply = Reply.raw(HEAD, *chunked([b"first"]), Close())
    with ReplayServer([reply]) as server, client(kind, server.url) as dify:
        pieces = dify.text_to_audio("hello")
        assert next(pieces) == b"first"
        with pytest.raises(ConnectionFailed):
            list(pieces)


@both
def test_audio_that_does_not_come(kind: Kind) -> None:
    with (
        ReplayServer([Reply.raw(Sleep(60))]) as server,
        client(kind, server.url) as dify,
        pytest.raises(RequestTimedOut),
    ):
        list(dify.text_to_audio("hello", timeout=0.1))
    with client(kind, server.url) as dify, pytest.raises(ConnectionFailed):
        list(dify.text_to_audio("hello"))


@both
def test_a_message_that_is_not_there(kind: Kind) -> None:
    item = exchange("1.14.2", "audio/with_model_text_to_audio_unknownmsg")
    assert (item.status, item.json()) == (200, None)
    with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
        with pytest.raises(NotFound):
            list(dify.text_to_audio(message_id="00000000-0000-0000-0000-000000000000"))
        body = server.requests[0].json()
    assert body["message_id"] == "00000000-0000-0000-0000-000000000000"
    assert "text" not in body


@both
def test_every_recorded_refusal_is_typed(kind: Kind) -> None:
    items = [item for item in exchanges("1.14.2", "audio/") if item.status >= 400]
    assert len(items) >= 9
    for item in items:
        with ReplayServer([Reply.of(item)]) as server, client(kind, server.url) as dify:
            ask = partial(dify.audio_to_text, b"x", name="a.wav")
            if item.path.endswith("text-to-audio"):
                ask = partial(next, dify.text_to_audio("hello"))
            with pytest.raises(meaning(item.json())) as caught:
                ask()
            assert caught.value.status_code == item.status
            assert caught.value.message == item.json()["message"]
            assert len(server.requests) == 1


@both
def test_refusals_that_were_not_recorded(kind: Kind) -> None:
    bad_type = {"code": "unsupported_audio_type", "message": "no", "status": 415}
    off = {"code": "speech_to_text_disabled", "message": "off", "status": 400}
    replies: list[tuple[Reply, type[DifyError]]] = [
        (Reply.json(415, bad_type), UnsupportedMediaType),
        (Reply.json(400, off), AppUnavailable),
        (Reply.html(502, "<html></html>"), GatewayError),
        (Reply.json(429, {"code": "too_many_requests", "message": "", "status": 429}), APIError),
    ]
    for reply, expected in replies:
        with ReplayServer([reply]) as server, client(kind, server.url, max_retries=0) as dify:
            with pytest.raises(expected):
                list(dify.text_to_audio("hello"))
            with pytest.raises(expected):
                dify.audio_to_text(b"x", name="a.wav")


# Audio to text.


@both
def test_audio_of_every_source_is_heard(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    with (
        path.open("rb") as file,
        ReplayServer([Reply.of(HEARD)]) as server,
        client(kind, server.url, user="ann") as dify,
    ):
        for content, given in (
            (path, {}),
            (str(path), {}),
            (file, {}),
            (b"RIFF", {"name": "x/a.wav"}),
            (io.BytesIO(b"RIFF"), {"name": "a.wav"}),
        ):
            assert dify.audio_to_text(content, **given) == TEXT
        for request in server.requests:
            assert (request.method, request.path) == ("POST", "/v1/audio-to-text")
            parts = {part.name: part for part in parts_of(request)}
            assert parts["user"].content == b"ann"
            assert parts["file"] == Part("file", "a.wav", "audio/wav", b"RIFF")
        assert not file.closed


# What every server takes, and by nothing but the part's Content-Type.
TAKEN = [f"audio/{extension}" for extension in ("mp3", "m4a", "wav", "amr", "mpga")]


def hear(request: Request) -> Reply:
    (part,) = (part for part in parts_of(request) if part.name == "file")
    if part.content_type in TAKEN:
        return Reply.json(200, {"text": part.content_type})
    refusal = {"code": "unsupported_audio_type", "message": "Audio type not allowed."}
    return Reply.json(415, {**refusal, "status": 415})


@both
@pytest.mark.parametrize("mime_type", TAKEN)
def test_audio_is_sent_by_the_name_that_servers_know(
    kind: Kind, mime_type: str, tmp_path: Path
) -> None:
    extension = mime_type.partition("/")[2]
    path = tmp_path / f"a.{extension.upper()}"
    path.write_bytes(b"x")
    with path.open("rb") as file, ReplayServer(hear) as server, client(kind, server.url) as dify:
        for content, given in (
            (path, {}),
            (file, {}),
            (b"x", {"name": f"a.b.{extension}"}),
            (io.BytesIO(b"x"), {"name": f"a.{extension}"}),
            (path, {"name": "a.txt", "mime_type": mime_type}),
        ):
            assert dify.audio_to_text(content, **given) == mime_type


@both
@pytest.mark.parametrize("name", ["a.ogg", "a.mp4", "a.flac", "a.txt", "mp3", ".mp3", "a.mp3.zip"])
def test_audio_that_no_server_takes_is_not_sent(kind: Kind, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    with ReplayServer(hear) as server, client(kind, server.url) as dify:
        for content, given in ((path, {}), (b"x", {"name": name}), (io.BytesIO(b"x"), {})):
            with pytest.raises(InvalidArgument, match="mp3, m4a, wav, amr, mpga") as caught:
                dify.audio_to_text(content, **given)
            assert caught.value.field == "name"
        assert server.requests == []
        with pytest.raises(UnsupportedMediaType):  # what is given is sent
            dify.audio_to_text(path, mime_type="audio/ogg")
        assert len(server.requests) == 1


@both
def test_a_consumed_file_is_not_sent_again(kind: Kind) -> None:
    busy = Reply.json(429, {"code": "too_many_requests", "message": "", "status": 429})
    with (
        ReplayServer([busy, Reply.of(HEARD)]) as server,
        client(kind, server.url) as dify,
        recorded_pauses(),
    ):
        with pytest.raises(TooManyRequests):
            dify.audio_to_text(io.BytesIO(b"RIFF"), name="a.wav")
        assert len(server.requests) == 1
        assert dify.audio_to_text(b"RIFF", name="a.wav") == TEXT


@both
def test_a_stand_in_server_speaks_and_hears(kind: Kind) -> None:
    with FakeDify() as server:
        server.app("app-speaks", speech=True)
        with client(kind, server.url, api_key="app-speaks") as dify:
            spoken = b"".join(dify.text_to_audio("hi"))
            assert spoken.startswith(b"ID3")
            assert dify.audio_to_text(spoken, name="a.mp3") == TEXT
            with pytest.raises(UnsupportedMediaType):
                dify.audio_to_text(b"x", name="a.txt", mime_type="text/plain")
            with pytest.raises(AppUnavailable):
                list(dify.text_to_audio("hi", api_key=server.api_key))


@both
def test_options_are_checked(kind: Kind) -> None:
    with ReplayServer([Reply.of(SPOKEN)]) as server, client(kind, server.url) as dify:
        with pytest.raises(InvalidArgument):
            list(dify.text_to_audio("hi", user=""))
        with pytest.raises(InvalidArgument):
            dify.audio_to_text(b"x")
        assert server.requests == []
