"""Speech to text and text to speech."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Unpack

import httpx
from h1_streams.connection_handle import UNTIL

from ..._api import api_requests
from ..._api.commands import Until
from ..._api.failures import failure, no_answer
from ..._api.uploads import transcribe
from ..._transport.messages import (
    RequestLog,
    audio_error,
    audio_request,
    ends_at,
    is_audio,
    whole_response,
)
from ..._transport.whole import WholeBody
from ...options import CallOptions
from ...types.files import Content
from .driver import AsyncCore, read_whole
from .io import decoded


class AsyncAudioMethods(AsyncCore):
    """Speech methods of `AsyncDifyWorkflow`."""

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
        merged = self._options(options)
        api_request = api_requests.speech(merged, text=text, voice=voice, message_id=message_id)
        try:
            with RequestLog(api_request.operation) as request_log:
                response = await driver.http.send(
                    audio_request(driver.http, driver.base_url, api_request), stream=True
                )
                request_log.status = response.status_code
            driver.server.learn(response.headers)
            try:
                if not is_audio(response):
                    ends = ends_at(api_request.options.timeout, Until(driver.clock))
                    response.request.extensions[UNTIL] = ends
                    body = WholeBody(response, api_request.options.max_response_bytes, ends)
                    await read_whole(response, body)
                    raise audio_error(whole_response(response, body, api_request))
                async for piece in decoded(response):
                    yield piece
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise no_answer(failure(error)) from error
