"""The same requests as in the recordings get answers of the same shape from FakeDify."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_dify import FakeDify
from fake_dify_recorded import differences, send
from fake_dify_twins import running_twins
from wire_archive import Exchange, exchanges

VERSIONS = ("1.14.2", "1.15.0", "1.16.1")
# Recorded requests that stand alone: nothing in them was made by a request before.
ALONE = (
    *("appinfo/", "disabled/", "endusers/malformed", "endusers/unknown", "errors/"),
    *("files/run_remote", "files/run_empty", "files/run_doc", "files/upload_"),
    *("human/form_get_unknown", "human/submit_unknown_token", "limit/max2_after", "llm/"),
    *("logs/bad_", "logs/status_", "logs/after_bad", "logs/after_unix", "logs/after_plus"),
    *("logs/account", "logs/session_none", "logs/kw_none", "logs/noauth"),
    *("run/", "run_by_id/", "stop/no_user", "stop/malformed", "stop/unknown_uuid"),
    *("audio/", "detail/malformed", "detail/unknown", "events/malformed", "events/unknown"),
)
# Why a recorded answer is not given by the stand-in.
NOT_SERVED = {
    "errors/chat_messages_on_workflow": "a route of chat apps",
    "errors/completion_on_workflow": "a route of completion apps",
    "files/run_remote_404_blocking": "the stand-in fetches nothing",
    "files/run_remote_refused_blocking": "the stand-in fetches nothing",
    "audio/no_model_audio_to_text": "speech is on or off, its model is never missing",
    "audio/no_model_text_to_audio": "speech is on or off, its model is never missing",
    "audio/with_model_tts_run_streaming": "no audio in streams, unless a step sends it",
    "run/moderated_input_blocking": "no moderation",
    "run/moderated_input_streaming": "no moderation",
    "files/upload_image_11mb": "its body was not kept",
    "files/upload_audio_20mb": "its body was not kept",
    "files/upload_too_large_16mb": "its body was not kept",
    "audio/with_model_audio_to_text_31mb": "its body was not kept",
    "run/echo_100k_blocking": "its body was not kept",
    "run/echo_1mb_blocking": "its body was not kept",
    "errors/gzip_accept": "its body was not kept",
    "errors/gzip_accept_stream": "its body was not kept",
    "errors/bad_utf8": "its body was not kept",
    "appinfo/chat_parameters": "a setting of a chat app",
    "run/http_file_status_404_streaming": "a file in place of a page",
}
NO_TWIN = {"agent", "badllm", "big", "fail_retry", "iteration_par", "llm_code", "llm_fail_default"}
NO_TWIN |= {"llm_tagged", "moderated"}
CASES = [
    item
    for version in VERSIONS
    for item in exchanges(version)
    if item.case.startswith(ALONE)
    and item.case not in NOT_SERVED
    and item.request["app"] not in NO_TWIN
]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, FakeDify]]:
    with running_twins(VERSIONS, idle_limit=0.2) as servers:
        yield servers


@pytest.mark.sample(200)
@pytest.mark.parametrize("item", CASES, ids=str)
def test_the_answer_has_the_recorded_shape(servers: dict[str, FakeDify], item: Exchange) -> None:
    assert differences(item, send(servers[item.version], item)) == []
