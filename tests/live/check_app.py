"""What the app says of itself, and its speech."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    AppUnavailable,
    InvalidArgument,
    ProviderError,
    ServerError,
    UnsupportedMediaType,
)
from dify_workflow._api.versions import BY_NAME
from facade import Kind

from . import apps
from .sample_inputs import sound
from .session import Live

AUDIO = ("mp3", "m4a", "wav", "amr", "mpga")  # what every Dify takes, as audio/mp3 and so on


def test_info(dify: Any) -> None:
    info = dify.app_info()
    assert info.name
    assert info.mode in {"workflow", None}  # None: not told by older servers


def test_parameters(dify: Any) -> None:
    parameters = dify.parameters()
    assert isinstance(parameters.user_input_form, list)
    assert parameters.system_parameters.file_size_limit > 0


def test_meta(dify: Any) -> None:
    assert dify.meta().tool_icons is not None


def test_site(dify: Any, live: Live) -> None:
    live.needs(BY_NAME["getAppSite"])
    assert dify.site().title


def speech(live: Live) -> tuple[str, Any]:
    """Return the app that the checks of speech are for, and what it says of itself."""
    app = "SPEECH" if apps.key("SPEECH") else ""
    return app, live.parameters(app)


@contextmanager
def switched_on(enabled: bool, *without_a_model: type[APIError]) -> Iterator[None]:
    """Skip the check where the server says that speech is off, or that it has no model for it."""
    try:
        yield
    except AppUnavailable:
        if enabled:
            raise
        pytest.skip("the app has speech switched off (and the server says so)")
    except without_a_model as error:
        pytest.skip(f"the server takes it, and has no model for it: {error.message}")


@pytest.mark.parametrize("extension", AUDIO)
def test_speech_to_text(live: Live, kind: Kind, extension: str) -> None:
    """The server tells audio by its type alone; what is sent is always WAV."""
    app, parameters = speech(live)
    enabled = parameters.speech_to_text.enabled
    with live.connect(kind, app) as dify, switched_on(enabled, ProviderError, ServerError):
        assert isinstance(dify.audio_to_text(sound(), name=f"silence.{extension}"), str)
        assert enabled


def test_audio_of_another_type(live: Live, kind: Kind) -> None:
    app, parameters = speech(live)
    with live.connect(kind, app) as dify:
        with pytest.raises(InvalidArgument, match=", ".join(AUDIO)):
            dify.audio_to_text(sound(), name="silence.ogg")
        enabled = parameters.speech_to_text.enabled
        with switched_on(enabled), pytest.raises(UnsupportedMediaType):
            dify.audio_to_text(sound(), name="silence.mp3", mime_type="audio/mpeg")


def test_text_to_speech(live: Live, kind: Kind) -> None:
    app, parameters = speech(live)
    enabled = parameters.text_to_speech.enabled
    with live.connect(kind, app) as dify, switched_on(enabled, ProviderError):
        assert b"".join(islice(dify.text_to_audio("Hello."), 10_000))
        assert enabled
