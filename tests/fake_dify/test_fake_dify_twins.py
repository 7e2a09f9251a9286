"""The same requests as in the recordings get answers of the same shape from FakeDify.

Of older servers: routes, framing, error bodies and fields.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_dify import FakeDify
from fake_dify_recorded import differences, send
from fake_dify_twins import running_twins
from wire_archive import Exchange, exchanges

# Recorded requests that stand alone: nothing in them was made by a request before.
EVER: tuple[str, ...] = ("appinfo/", "errors/", "files/upload_", "llm/", "run/", "run_by_id/")
OLDER: tuple[str, ...] = (*EVER, "absent/", "logs/")
NEWER: tuple[str, ...] = (
    *(*EVER, "disabled/", "endusers/malformed", "endusers/unknown", "audio/"),
    *("files/run_remote", "files/run_empty", "files/run_doc", "events/malformed", "events/unknown"),
    *("human/form_get_unknown", "human/submit_unknown_token", "limit/max2_after"),
    *("logs/bad_", "logs/status_", "logs/after_bad", "logs/after_unix", "logs/after_plus"),
    *("logs/account", "logs/session_none", "logs/kw_none", "logs/noauth", "detail/malformed"),
    *("stop/no_user", "stop/malformed", "stop/unknown_uuid", "detail/unknown"),
)
VERSIONS = dict.fromkeys(("1.8.1", "1.9.1", "1.10.1", "1.12.1", "1.13.2"), OLDER)
VERSIONS |= dict.fromkeys(("1.14.2", "1.15.0", "1.16.1"), NEWER)
# Why recorded answers are not given by the stand-in: (reason, cases).
WHY_NOT = {
    "a route of chat apps": "errors/chat_messages_on_workflow absent/file_preview",
    "a route of completion apps": "errors/completion_on_workflow",
    "the stand-in fetches nothing": """
        files/run_remote_404_blocking files/run_remote_refused_blocking
    """,
    "speech is on or off, its model is never missing": """
        audio/no_model_audio_to_text audio/no_model_text_to_audio
    """,
    "no audio in streams, unless a step sends it": "audio/with_model_tts_run_streaming",
    "no moderation": "run/moderated_input_blocking run/moderated_input_streaming",
    "its body was not kept": """
        files/upload_image_11mb files/upload_audio_20mb files/upload_too_large_16mb
        audio/with_model_audio_to_text_31mb run/echo_100k_blocking run/echo_1mb_blocking
        errors/gzip_accept errors/gzip_accept_stream errors/bad_utf8
    """,
    "a setting of a chat app": "appinfo/chat_parameters",
    "a file in place of a page": """
        run/http_file_status_404_streaming run/http_file_status_404_blocking
    """,
    "how a model thinks is another script": "llm/think_streaming",
    "a server without workers": "run/no_worker_streaming",
    "needs runs of the past": """
        logs/app_slow logs/app_fail_code logs/before_z logs/after_offset logs/while_running
        logs/default logs/limit100 logs/kw_hi logs/kw_session logs/slow_status_stopped
    """,
    "this version carried it out in another way": """
        1.8.1/run/badgraph_blocking 1.8.1/run/badgraph_streaming 1.8.1/run/loop_blocking
        1.8.1/run/loop_streaming 1.8.1/run/branch_b_streaming
    """,
}
NOT_SERVED = {case for cases in WHY_NOT.values() for case in cases.split()}
NO_TWIN = """
agent badllm big fail_default_error fail_retry iteration_par llm_code llm_fail_default llm_tagged
llm_two moderated nograph
"""


def has_twin(item: Exchange) -> bool:
    app = item.request["app"]
    return app not in NO_TWIN.split() and (app != "parallel" or VERSIONS[item.version] is NEWER)


CASES = [
    item
    for version, alone in VERSIONS.items()
    for item in exchanges(version)
    if item.case.startswith(alone) and not {item.case, str(item)} & NOT_SERVED and has_twin(item)
]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, FakeDify]]:
    with running_twins(VERSIONS, idle_limit=0.2) as servers:
        yield servers


@pytest.mark.sample(400)
@pytest.mark.parametrize("item", CASES, ids=str)
def test_the_answer_has_the_recorded_shape(servers: dict[str, FakeDify], item: Exchange) -> None:
    assert differences(item, send(servers[item.version], item)) == []
