"""A plugin of the live suite's own tests: each check meets a client that is wrong in its matter.

Only the checks that have such a client are run, on the sync client.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from dify_workflow import DifyWorkflow, WorkflowLogs, WorkflowRunResponse, options
from dify_workflow._api import api_requests, commands, limits, uploads, versions
from dify_workflow._api import logs as paging
from dify_workflow._api.commands import Flow
from dify_workflow._clients._sync import logs
from dify_workflow._runs import recovery, start
from dify_workflow._runs.replay import SeenEvents
from dify_workflow._runs.run import Run
from dify_workflow._runs.state import RunState
from dify_workflow.types import responses
from live import check_failures, check_recovery

SOON = 5  # s


def _gives_up(run: Run, cause: Exception | None) -> Flow[None]:
    raise run.unknown("the stream was cut", cause)
    yield


def _says_nothing_of_forms(state: RunState, detail: dict[str, Any]) -> None:
    state.delivered.forms.clear()
    _finish(state, detail)


_finish = RunState.finish


def _answering(forms: slice) -> Any:
    """Answer these forms of each pause, whatever was said to them before."""

    def drive(
        self: DifyWorkflow, response: WorkflowRunResponse, given: options.Options
    ) -> WorkflowRunResponse:
        assert given.on_human_input is not None
        while response.status == "paused":
            for form in response.forms[forms]:
                self._reply(given.on_human_input, form, given)
            with self._resumed(response, given.merged({"deadline": SOON})) as stream:
                response = stream.result()
        return response

    return drive


def _loses_a_second(settings: Any, request: Any) -> Flow[Any]:
    """Ask for what is older than the last entry: others of its second are lost."""
    filters, last = {**request.filters, "limit": request.limit}, request.last_id
    if isinstance(last, str):
        newest = yield from commands.ask(api_requests.logs(settings, {**filters, "limit": 100}))
        last = next(entry for entry in paging._page(newest) if entry.id == last)
    if isinstance(last, WorkflowLogs):
        filters["created_at_before"] = datetime.fromtimestamp(last.created_at - 1, UTC)
    return paging._page((yield from commands.ask(api_requests.logs(settings, filters))))


def _always(value: Any) -> Any:
    return lambda *_, **__: value


NEVER = 1e9
REFUSAL = [(versions, "makes_up_ends", _always(False))]
TWICE = (SeenEvents, "is_new", _always(True))
WRONG: dict[str, list[tuple[Any, str, Any]]] = {
    "test_refused_inputs": REFUSAL,
    "test_refused_file": REFUSAL,
    "test_attach_to_an_unknown_run": [
        (limits, "ATTACHED_AFTER", NEVER),
        (check_failures, "UNKNOWN_WITHIN", SOON),
    ],
    "test_forms_by_a_callback[sync-FORMS]": [(DifyWorkflow, "_drive", _answering(slice(None)))],
    "test_a_declined_form_is_left": [(DifyWorkflow, "_drive", _answering(slice(1)))],
    "test_speech_to_text": [(uploads, "_audio_type", _always("audio/x-wav"))],
    "test_audio_of_another_type": [(uploads, "_audio_type", _always("audio/ogg"))],
    "test_last_id_loses_nothing_and_repeats_nothing": [(logs, "fetch_page", _loses_a_second)],
    "test_stop": [(responses, "was_stopped", _always(False))],
    "test_stream": [(RunState, "events_complete", False)],
    "test_start_result_info_and_attach_agree": [(RunState, "events_complete", True)],
    "test_cut_stream": [TWICE, (RunState, "learn_cut_ids", _always(None))],
    "test_cuts_at_random_bytes": [(start, "recover", _gives_up)],
    "test_silence_from_the_start": [
        (limits, "LOOK_EVERY", NEVER),
        (check_recovery, "FOUND_WITHIN", SOON),
    ],
    "test_silence_in_mid_stream": [
        (limits, "LULL", NEVER),
        (check_recovery, "FOUND_WITHIN", SOON),
    ],
    "test_cut_before_a_pause": [
        (recovery, "_replay", recovery._poll),
        (RunState, "finish", _says_nothing_of_forms),
    ],
    "test_a_full_app": [
        (commands, "_started_nothing", _always(False)),
        (options, "DEFAULT_RETRIES", 0),
    ],
}


def _wrong(item: pytest.Item) -> list[tuple[Any, str, Any]]:
    return WRONG.get(item.name) or WRONG.get(item.name.partition("[")[0], [])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if _wrong(item) and "async" not in item.name]


@pytest.fixture(autouse=True)
def _wrong_client(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for where, name, wrong in _wrong(request.node):
            patch.setattr(where, name, wrong)
        yield
