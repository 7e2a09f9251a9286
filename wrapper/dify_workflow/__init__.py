"""A client for Dify workflow apps: typed events, and a run is never lost and never started twice.

from dify_workflow import DifyWorkflow

with DifyWorkflow(api_key="app-...") as dify:
    print(dify.run_workflow({"text": "hello"}).outputs)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .async_client import AsyncDifyWorkflow
    from .async_stream import AsyncWorkflowStream
    from .client import DifyWorkflow
    from .errors import (
        APIError,
        AppUnavailable,
        AuthenticationError,
        ConnectionFailed,
        DeadlineExceeded,
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
        RouteNotFound,
        RunOutcomeUnknown,
        ServerError,
        StreamClosed,
        TooLarge,
        TooManyRequests,
        UnreadableAnswer,
        UnsupportedMediaType,
        WorkflowFailed,
    )
    from .events import WorkflowStreamEvent
    from .forms import WorkflowForm
    from .options import CallOptions, RunOptions
    from .requests import WorkflowLogsRequest, WorkflowRunRequest
    from .responses import DifyPageResult, WorkflowLogs, WorkflowRunResponse, WorkflowStopResponse
    from .stream import WorkflowStream
    from .validation import InputWarning
    from .workflow_file import WorkflowFile

__all__ = [
    "APIError",
    "AppUnavailable",
    "AsyncDifyWorkflow",
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
    "RouteNotFound",
    "RunOptions",
    "RunOutcomeUnknown",
    "ServerError",
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
]

# Importing all of it takes as long as importing httpx, and the half of it is for asyncio.
_HOMES = {
    "AsyncDifyWorkflow": "async_client",
    "AsyncWorkflowStream": "async_stream",
    "CallOptions": "options",
    "DifyPageResult": "responses",
    "DifyWorkflow": "client",
    "InputWarning": "validation",
    "RunOptions": "options",
    "WorkflowFile": "workflow_file",
    "WorkflowForm": "forms",
    "WorkflowLogs": "responses",
    "WorkflowLogsRequest": "requests",
    "WorkflowRunRequest": "requests",
    "WorkflowRunResponse": "responses",
    "WorkflowStopResponse": "responses",
    "WorkflowStream": "stream",
    "WorkflowStreamEvent": "events",
}  # and "errors" for the others


if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_HOMES.get(name, 'errors')}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
