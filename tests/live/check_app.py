"""What the app says of itself, and its speech."""

from __future__ import annotations

from itertools import islice

import pytest
from dify_workflow import AppUnavailable, ProviderError
from dify_workflow.versions import SITE
from facade import Kind, both

from .sample_inputs import sound
from .session import Live


@both
def test_info(live: Live, kind: Kind) -> None:
    with live.connect(kind) as dify:
        info = dify.app_info()
    assert info.name
    assert info.mode in {"workflow", None}  # None: not told by older servers


@both
def test_parameters(live: Live, kind: Kind) -> None:
    with live.connect(kind) as dify:
        parameters = dify.parameters()
    assert isinstance(parameters.user_input_form, list)
    assert parameters.system_parameters.file_size_limit > 0


@both
def test_meta(live: Live, kind: Kind) -> None:
    with live.connect(kind) as dify:
        assert dify.meta().tool_icons is not None


@both
def test_site(live: Live, kind: Kind) -> None:
    live.needs(SITE)
    with live.connect(kind) as dify:
        assert dify.site().title


@both
def test_speech_to_text(live: Live, kind: Kind) -> None:
    enabled = live.parameters().speech_to_text.enabled
    with live.connect(kind) as dify:
        try:
            text = dify.audio_to_text(sound(), name="silence.wav")
        except AppUnavailable:
            if enabled:
                raise
            pytest.skip("the app has speech to text switched off (and the server says so)")
        except ProviderError as error:
            pytest.skip(f"the server has no model for it: {error.message}")
    assert enabled
    assert isinstance(text, str)


@both
def test_text_to_speech(live: Live, kind: Kind) -> None:
    enabled = live.parameters().text_to_speech.enabled
    with live.connect(kind) as dify:
        try:
            audio = b"".join(islice(dify.text_to_audio("Hello."), 10_000))
        except AppUnavailable:
            if enabled:
                raise
            pytest.skip("the app has text to speech switched off (and the server says so)")
        except ProviderError as error:
            pytest.skip(f"the server has no model for it: {error.message}")
    assert enabled
    assert audio
