"""A client for Dify workflow apps: typed events, and a run is never lost and never started twice.

from dify_workflow import DifyWorkflow

with DifyWorkflow(api_key="app-...") as dify:
    print(dify.run_workflow({"text": "hello"}).outputs)
"""

from importlib import import_module

TYPE_CHECKING = False  # to checkers it is true; typing takes nine tenths of this import

if TYPE_CHECKING:
    import dify_workflow_api.models as _models
    from dify_workflow_api.models import *  # noqa: F403 - the classes of `data`, files and forms

    from ._api.validation import InputWarning as InputWarning
    from ._api.validation import input_form as input_form
    from ._clients._async.client import AsyncDifyWorkflow as AsyncDifyWorkflow
    from ._clients._async.stream import AsyncStartedStream as AsyncStartedStream
    from ._clients._async.stream import AsyncWorkflowStream as AsyncWorkflowStream
    from ._clients._sync.client import DifyWorkflow as DifyWorkflow
    from ._clients._sync.stream import StartedStream as StartedStream
    from ._clients._sync.stream import WorkflowStream as WorkflowStream
    from ._codec.jsonio import is_missing as is_missing
    from ._codec.jsonio import json_text as json_text
    from ._codec.jsonio import to_json as to_json
    from ._version import __version__ as __version__
    from .errors import APIError as APIError
    from .errors import AppUnavailable as AppUnavailable
    from .errors import AuthenticationError as AuthenticationError
    from .errors import ConnectionFailed as ConnectionFailed
    from .errors import DifyError as DifyError
    from .errors import EventTooLarge as EventTooLarge
    from .errors import FormClosed as FormClosed
    from .errors import GatewayError as GatewayError
    from .errors import InvalidArgument as InvalidArgument
    from .errors import InvalidParam as InvalidParam
    from .errors import NotFound as NotFound
    from .errors import PermissionDenied as PermissionDenied
    from .errors import ProviderError as ProviderError
    from .errors import QuotaExceeded as QuotaExceeded
    from .errors import RedirectRefused as RedirectRefused
    from .errors import RequestTimedOut as RequestTimedOut
    from .errors import ResponseTooLarge as ResponseTooLarge
    from .errors import RouteNotFound as RouteNotFound
    from .errors import ServerError as ServerError
    from .errors import StreamClosed as StreamClosed
    from .errors import TooLarge as TooLarge
    from .errors import TooManyRequests as TooManyRequests
    from .errors import UnreadableAnswer as UnreadableAnswer
    from .errors import UnsupportedMediaType as UnsupportedMediaType
    from .options import CallOptions as CallOptions
    from .options import RunOptions as RunOptions
    from .types.events import WorkflowStreamEvent as WorkflowStreamEvent
    from .types.files import WorkflowFile as WorkflowFile
    from .types.forms import WorkflowForm as WorkflowForm
    from .types.requests import Secret as Secret
    from .types.requests import WorkflowLogsRequest as WorkflowLogsRequest
    from .types.requests import WorkflowRunRequest as WorkflowRunRequest
    from .types.responses import DeadlineExceeded as DeadlineExceeded
    from .types.responses import DifyPageResult as DifyPageResult
    from .types.responses import RunNotFinished as RunNotFinished
    from .types.responses import RunOutcomeUnknown as RunOutcomeUnknown
    from .types.responses import SeveralTexts as SeveralTexts
    from .types.responses import WorkflowFailed as WorkflowFailed
    from .types.responses import WorkflowLogs as WorkflowLogs
    from .types.responses import WorkflowRunResponse as WorkflowRunResponse
    from .types.responses import WorkflowStopResponse as WorkflowStopResponse
    from .types.text import split_reasoning as split_reasoning

    __all__ = []  # checkers take what is imported `as`; and these:
    __all__ += _models.__all__

# By module. Importing all of it takes as long as importing httpx; the half of it is for asyncio.
_NAMES = {
    "_api.validation": "InputWarning input_form",
    "_clients._async.client": "AsyncDifyWorkflow",
    "_clients._async.stream": "AsyncStartedStream AsyncWorkflowStream",
    "_clients._sync.client": "DifyWorkflow",
    "_clients._sync.stream": "StartedStream WorkflowStream",
    "_codec.jsonio": "is_missing json_text to_json",
    "options": "CallOptions RunOptions",
    "types.events": "WorkflowStreamEvent",
    "types.files": "WorkflowFile",
    "types.forms": "WorkflowForm",
    "types.requests": "Secret WorkflowLogsRequest WorkflowRunRequest",
    "types.responses": (
        "DeadlineExceeded DifyPageResult RunNotFinished RunOutcomeUnknown SeveralTexts "
        "WorkflowFailed WorkflowLogs WorkflowRunResponse WorkflowStopResponse"
    ),
    "types.text": "split_reasoning",
    "errors": (
        "APIError AppUnavailable AuthenticationError ConnectionFailed DifyError "
        "EventTooLarge FormClosed GatewayError InvalidArgument InvalidParam NotFound "
        "PermissionDenied ProviderError QuotaExceeded RedirectRefused RequestTimedOut "
        "ResponseTooLarge RouteNotFound ServerError StreamClosed TooLarge TooManyRequests "
        "UnreadableAnswer UnsupportedMediaType"
    ),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:
    __all__ = sorted(_HOMES)

    def __getattr__(name):
        if name == "__version__":
            from ._version import __version__ as value
        elif name in __all__:
            value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        else:
            models = import_module("dify_workflow_api.models")
            if name not in models.__all__:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
            value = getattr(models, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    models = import_module("dify_workflow_api.models")
    return sorted({*_HOMES, *models.__all__, "__version__"})
