"""Speech to text and text to speech; sync and async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Unpack

import httpx
from dify_workflow_api.models import TextToAudioBody

from . import calls
from .answers import Answer
from .calls import Call
from .commands import failure
from .errors import APIError
from .options import CallOptions
from .retrying import no_answer
from .sending import build_request
from .telemetry import RequestLine
from .uploads import transcribe
from .workflow_file import Content

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .async_drivers import AsyncDriver
    from .drivers import Driver
    from .options import Options


def _speak(options: Options, text: str | None, given: dict[str, str | None]) -> Call:
    values = {"text": text, "user": options.user, **given}
    body = TextToAudioBody.from_dict({k: v for k, v in values.items() if v is not None})
    return calls.call("textToAudio", options, body=body)


def _request(driver: Driver | AsyncDriver, call: Call) -> httpx.Request:
    return build_request(driver.http, driver.base_url, call, timeout=call.options.timeout)


def _is_audio(response: httpx.Response) -> bool:
    """Whether an answer is audio; for a message that is not there, Dify answers 200 with `null`."""
    kind = str(response.headers.get("content-type", ""))
    return response.is_success and not kind.startswith("application/json")


def _error(response: httpx.Response, call: Call) -> APIError:
    answer = Answer(response.status_code, response.headers, response.content, call.path)
    return answer.not_found("no such message") if answer.ok else answer.error()


class AudioMethods:
    """What `DifyWorkflow` hears and says."""

    if TYPE_CHECKING:

        def _driver(self) -> Driver: ...
        def _options(self, given: Mapping[str, Any]) -> Options: ...

    def audio_to_text(
        self,
        audio: Content,
        /,
        *,
        name: str | None = None,
        mime_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> str:
        """Transcribe an audio file of at most 30 MB (POST /audio-to-text).

        Takes what `upload_file` takes. Dify tells audio by its MIME type alone, and takes mp3, m4a,
        wav, amr and mpga: the name's extension says which, or `mime_type` ("audio/mp3"), which is
        sent as it is given. Raises `InvalidArgument` for another extension before anything is sent,
        `AppUnavailable` when the app has the feature off, `ProviderError` without a model,
        `TooLarge`, and `UnsupportedMediaType`.
        """
        flow = transcribe(audio, self._options(options), name=name, mime_type=mime_type)
        return self._driver().run(flow)

    def text_to_audio(
        self,
        text: str | None = None,
        /,
        *,
        voice: str | None = None,
        message_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[bytes]:
        """Speak a text (POST /text-to-audio): yields the audio (MP3) as it comes.

        `message_id` names a message to speak instead, in apps that have messages. Raises, with the
        first piece, `AppUnavailable` when the app has the feature off, `ProviderError`, `NotFound`.
        """
        driver = self._driver()
        call = _speak(self._options(options), text, {"voice": voice, "message_id": message_id})
        try:
            with RequestLine(call.operation) as told:
                response = driver.http.send(_request(driver, call), stream=True)
                told.status = response.status_code
            driver.server.learn(response.headers)
            try:
                if not _is_audio(response):
                    response.read()
                    raise _error(response, call)
                yield from response.iter_bytes()
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise no_answer(failure(error)) from error


class AsyncAudioMethods:
    """What `AsyncDifyWorkflow` hears and says."""

    if TYPE_CHECKING:

        def _driver(self) -> AsyncDriver: ...
        def _options(self, given: Mapping[str, Any]) -> Options: ...

    async def audio_to_text(
        self,
        audio: Content,
        /,
        *,
        name: str | None = None,
        mime_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> str:
        """Transcribe an audio file of at most 30 MB (POST /audio-to-text).

        Takes what `upload_file` takes. Dify tells audio by its MIME type alone, and takes mp3, m4a,
        wav, amr and mpga: the name's extension says which, or `mime_type` ("audio/mp3"), which is
        sent as it is given. Raises `InvalidArgument` for another extension before anything is sent,
        `AppUnavailable` when the app has the feature off, `ProviderError` without a model,
        `TooLarge`, and `UnsupportedMediaType`.
        """
        flow = transcribe(audio, self._options(options), name=name, mime_type=mime_type)
        return await self._driver().run(flow)

    async def text_to_audio(
        self,
        text: str | None = None,
        /,
        *,
        voice: str | None = None,
        message_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[bytes]:
        """Speak a text (POST /text-to-audio): yields the audio (MP3) as it comes.

        `message_id` names a message to speak instead, in apps that have messages. Raises, with the
        first piece, `AppUnavailable` when the app has the feature off, `ProviderError`, `NotFound`.
        """
        driver = self._driver()
        call = _speak(self._options(options), text, {"voice": voice, "message_id": message_id})
        try:
            with RequestLine(call.operation) as told:
                response = await driver.http.send(_request(driver, call), stream=True)
                told.status = response.status_code
            driver.server.learn(response.headers)
            try:
                if not _is_audio(response):
                    await response.aread()
                    raise _error(response, call)
                async for piece in response.aiter_bytes():
                    yield piece
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise no_answer(failure(error)) from error
