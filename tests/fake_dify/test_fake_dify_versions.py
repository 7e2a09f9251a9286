"""FakeDify as an older Dify: routes, framing, error bodies and fields are the recorded ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_dify import FakeDify
from fake_dify_recorded import differences, send
from fake_dify_twins import running_twins
from wire_archive import Exchange, exchanges

VERSIONS = ("1.8.1", "1.9.1", "1.10.1", "1.12.1", "1.13.2")
ALONE = ("absent/", "appinfo/", "errors/", "run/", "run_by_id/", "llm/", "logs/", "files/upload")
# Why a recorded answer is not given by the stand-in.
NOT_SERVED = {
    "absent/file_preview": "a route of chat apps",
    "appinfo/chat_parameters": "a setting of a chat app",
    "errors/completion_on_workflow": "a route of completion apps",
    "files/upload_too_large_16mb": "its body was not kept",
    "errors/bad_utf8": "its body was not kept",
    "errors/gzip_accept": "its body was not kept",
    "errors/gzip_accept_stream": "its body was not kept",
    "llm/think_streaming": "how a model thinks is another script",
    "run/no_worker_streaming": "a server without workers",
    "run/http_file_status_404_blocking": "a file in place of a page",
    "run/http_file_status_404_streaming": "a file in place of a page",
    "logs/app_slow": "needs runs of the past",
    "logs/app_fail_code": "needs runs of the past",
    "logs/before_z": "needs runs of the past",
    "logs/after_offset": "needs runs of the past",
    "logs/while_running": "needs runs of the past",
    "logs/default": "needs runs of the past",
    "logs/limit100": "needs runs of the past",
    "logs/kw_hi": "needs runs of the past",
    "logs/kw_session": "needs runs of the past",
    "logs/slow_status_stopped": "needs runs of the past",
}
NO_TWIN = {"badllm", "nograph", "fail_default_error", "llm_fail_default", "llm_two", "fail_retry"}
NO_TWIN |= {"parallel"}
# Workflows that this version carried out in another way.
OTHERWISE = {
    *("1.8.1/run/badgraph_blocking", "1.8.1/run/badgraph_streaming"),
    *("1.8.1/run/loop_blocking", "1.8.1/run/loop_streaming", "1.8.1/run/branch_b_streaming"),
}
CASES = [
    item
    for version in VERSIONS
    for item in exchanges(version)
    if item.case.startswith(ALONE)
    and item.case not in NOT_SERVED
    and item.request["app"] not in NO_TWIN
    and str(item) not in OTHERWISE
]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, FakeDify]]:
    with running_twins(VERSIONS, idle_limit=0.1) as servers:
        yield servers


@pytest.mark.sample(130)
@pytest.mark.parametrize("item", CASES, ids=str)
def test_the_answer_has_the_recorded_shape(servers: dict[str, FakeDify], item: Exchange) -> None:
    assert differences(item, send(servers[item.version], item)) == []
