"""A client for Dify workflow apps: typed events, and a run is never lost and never started twice.

from dify_workflow import DifyWorkflow

with DifyWorkflow(api_key="app-...") as dify:
    print(dify.run_workflow({"text": "hello"}).outputs)
"""

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
