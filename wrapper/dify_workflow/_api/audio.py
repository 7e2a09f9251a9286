"""The request that speaks a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dify_workflow_api.models import TextToAudioBody

from . import calls
from .calls import Call

if TYPE_CHECKING:
    from ..options import Options


def speech_call(options: Options, text: str | None, given: dict[str, str | None]) -> Call:
    """Return the request that speaks a text."""
    values = {"text": text, "user": options.user, **given}
    body = TextToAudioBody.from_dict({k: v for k, v in values.items() if v is not None})
    return calls.call("textToAudio", options, body=body)
