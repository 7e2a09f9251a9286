"""A client for Dify workflow apps: typed events, and a run is never lost and never started twice.

from dify_workflow import DifyWorkflow

with DifyWorkflow(api_key="app-...") as dify:
    print(dify.run_workflow({"text": "hello"}).outputs)
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__: str

if TYPE_CHECKING:
    from dify_workflow_api.models import *  # noqa: F403 - the classes of `data`, files and forms

    from ._api.validation import InputWarning, input_form
    from ._clients._async.client import AsyncDifyWorkflow
    from ._clients._async.stream import AsyncStartedStream, AsyncWorkflowStream
    from ._clients._sync.client import DifyWorkflow
    from ._clients._sync.stream import StartedStream, WorkflowStream
    from ._codec.jsonio import is_missing, json_text, to_json
    from .errors import (
        APIError,
        AppUnavailable,
        AuthenticationError,
        ConnectionFailed,
        DifyError,
        EventTooLarge,
        FormClosed,
        GatewayError,
        InvalidArgument,
        InvalidParam,
        NotFound,
        PermissionDenied,
        ProviderError,
        QuotaExceeded,
        RedirectRefused,
        RequestTimedOut,
        ResponseTooLarge,
        RouteNotFound,
        ServerError,
        StreamClosed,
        TooLarge,
        TooManyRequests,
        UnreadableAnswer,
        UnsupportedMediaType,
    )
    from .options import CallOptions, RunOptions
    from .types.events import WorkflowStreamEvent
    from .types.files import WorkflowFile
    from .types.forms import WorkflowForm
    from .types.requests import Secret, WorkflowLogsRequest, WorkflowRunRequest
    from .types.responses import (
        DeadlineExceeded,
        DifyPageResult,
        RunNotFinished,
        RunOutcomeUnknown,
        SeveralTexts,
        WorkflowFailed,
        WorkflowLogs,
        WorkflowRunResponse,
        WorkflowStopResponse,
    )
    from .types.text import split_reasoning

__all__ = [
    "APIError",
    "AppUnavailable",
    "AsyncDifyWorkflow",
    "AsyncStartedStream",
    "AsyncWorkflowStream",
    "AuthenticationError",
    "CallOptions",
    "ConnectionFailed",
    "DeadlineExceeded",
    "DifyError",
    "DifyPageResult",
    "DifyWorkflow",
    "EventTooLarge",
    "FormClosed",
    "GatewayError",
    "InputWarning",
    "InvalidArgument",
    "InvalidParam",
    "NotFound",
    "PermissionDenied",
    "ProviderError",
    "QuotaExceeded",
    "RedirectRefused",
    "RequestTimedOut",
    "ResponseTooLarge",
    "RouteNotFound",
    "RunNotFinished",
    "RunOptions",
    "RunOutcomeUnknown",
    "Secret",
    "ServerError",
    "SeveralTexts",
    "StartedStream",
    "StreamClosed",
    "TooLarge",
    "TooManyRequests",
    "UnreadableAnswer",
    "UnsupportedMediaType",
    "WorkflowFailed",
    "WorkflowFile",
    "WorkflowForm",
    "WorkflowLogs",
    "WorkflowLogsRequest",
    "WorkflowRunRequest",
    "WorkflowRunResponse",
    "WorkflowStopResponse",
    "WorkflowStream",
    "WorkflowStreamEvent",
    "input_form",
    "is_missing",
    "json_text",
    "split_reasoning",
    "to_json",
]

# Importing all of it takes as long as importing httpx, and the half of it is for asyncio.
_HOMES = {
    "AsyncDifyWorkflow": "_clients._async.client",
    "AsyncStartedStream": "_clients._async.stream",
    "AsyncWorkflowStream": "_clients._async.stream",
    "CallOptions": "options",
    "DeadlineExceeded": "types.responses",
    "DifyPageResult": "types.responses",
    "DifyWorkflow": "_clients._sync.client",
    "InputWarning": "_api.validation",
    "RunNotFinished": "types.responses",
    "RunOptions": "options",
    "RunOutcomeUnknown": "types.responses",
    "Secret": "types.requests",
    "SeveralTexts": "types.responses",
    "StartedStream": "_clients._sync.stream",
    "WorkflowFailed": "types.responses",
    "WorkflowFile": "types.files",
    "WorkflowForm": "types.forms",
    "WorkflowLogs": "types.responses",
    "WorkflowLogsRequest": "types.requests",
    "WorkflowRunRequest": "types.requests",
    "WorkflowRunResponse": "types.responses",
    "WorkflowStopResponse": "types.responses",
    "WorkflowStream": "_clients._sync.stream",
    "WorkflowStreamEvent": "types.events",
    "input_form": "_api.validation",
    "is_missing": "_codec.jsonio",
    "json_text": "_codec.jsonio",
    "split_reasoning": "types.text",
    "to_json": "_codec.jsonio",
}  # and "errors" for the others


if not TYPE_CHECKING:

    def __getattr__(name):
        if name == "__version__":
            from importlib.metadata import version

            value = version("dify-workflow")
        elif name in __all__:
            value = getattr(import_module(f".{_HOMES.get(name, 'errors')}", __name__), name)
        else:
            models = import_module("dify_workflow_api.models")
            if name not in models.__all__:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
            value = getattr(models, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    models = import_module("dify_workflow_api.models")
    return sorted({*__all__, *models.__all__, "__version__"})
