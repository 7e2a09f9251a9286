"""Responses that are no stream of events, where one was asked for. Flows: no I/O."""

from __future__ import annotations

from typing import Any

from .._api import api_requests, limits
from .._api.api_requests import ApiRequest
from .._api.api_responses import ApiResponse
from .._api.commands import Flow, Opened, ReadOn, Send
from .._codec.jsonio import normalised_run
from ..errors import UnreadableAnswer
from .run import Run
from .state import ENDED, payload_of


def read_other(run: Run, opened: Opened, cut: Exception | None) -> Flow[Exception | None]:
    """Take a success that brought no event; return what the run is to be followed for.

    The result of a blocking run ends the run. Raises the error that Dify tells under a success, and
    `UnreadableAnswer` where nothing shows that there is a Dify.
    """
    state, body = run.state, run.state.other_body
    cut_early = opened.says_stream or (cut is not None and not body)
    if body is None or (cut_early and not state.is_other):
        return cut  # a stream that was cut before its first event
    assert run.start is not None
    response = _response(run.start, opened, body, whole=not state.too_large)
    return (yield from judge(run, response, "a stream of events was expected")) or cut


def read_error(run: Run, request: ApiRequest, opened: Opened) -> Flow[ApiResponse]:
    """Read the body of an error; its status counts, though the body may be cut."""
    state = run.state
    state.is_other = True
    yield ReadOn(first=limits.SILENCE, silence=limits.SILENCE)
    return _response(request, opened, bytes(state.body), whole=not state.too_large)


def _response(request: ApiRequest, opened: Opened, body: bytes, *, whole: bool) -> ApiResponse:
    status, headers, proxy = opened.status, opened.headers, opened.proxy
    return ApiResponse.to(request, status, headers, body, whole=whole, proxy=proxy)


def judge(run: Run, response: ApiResponse, expected: str) -> Flow[Exception | None]:
    """Learn from a success what it tells of the run; return why it is not enough.

    None: it has ended the run. Raises as `read_other`.
    """
    state = run.state
    try:
        raw = response.json()
        error = response.unreadable(expected)
    except UnreadableAnswer as unreadable:
        raw, error = None, unreadable
    if isinstance(raw, dict) and isinstance(raw.get("workflow_run_id"), str):
        detail = _result(raw)
        if detail is None:
            state.learn_doubtful_ids(raw["workflow_run_id"], raw.get("task_id"))
            return error
        state.learn_ids(raw)
        if state.other_id is not None:
            raise run.unknown(f"its request was carried out twice; the other is {state.other_id}")
        state.text_complete, state.events_lost = False, True
        state.finish(detail)
        return None
    if response.is_dify:
        raise response.error()
    state.learn_cut_ids(response.body)
    is_dify = response.version or state.run_id or state.unconfirmed_id
    if not is_dify and not (yield from _is_dify(run)):
        raise error
    return error


def _result(raw: dict[str, Any]) -> dict[str, Any] | None:
    """Return the run in a blocking run's result, if it has surely ended."""
    try:
        detail: dict[str, Any] = normalised_run(payload_of(raw))
    except (TypeError, ValueError):
        return None
    made_up = detail.get("created_by") == {}
    ended = detail.get("status") in (ENDED - {"paused"}) and not made_up
    return detail if ended else None


def _is_dify(run: Run) -> Flow[bool]:
    """Return whether the logs are answered by Dify, or not at all."""
    filters = {"created_by_end_user_session_id": run.options.user, "limit": 1}
    outcome = yield Send(api_requests.logs(run.options, filters))
    if not isinstance(outcome, ApiResponse):
        return True
    return outcome.version is not None or outcome.is_dify or (outcome.ok and _is_page(outcome))


def _is_page(response: ApiResponse) -> bool:
    try:
        page = response.json()
    except UnreadableAnswer:
        return False
    return isinstance(page, dict) and isinstance(page.get("data"), list)
