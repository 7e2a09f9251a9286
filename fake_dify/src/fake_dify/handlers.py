"""Which function answers which operation of the contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from . import app_api, files_api, forms_api, logs_api, runs_api
from .exchange import Exchange
from .replies import Reply

HANDLERS: Mapping[str, Callable[[Exchange], Awaitable[Reply]]] = {
    "runWorkflow": runs_api.run_workflow,
    "runWorkflowVersion": runs_api.run_workflow_version,
    "stopWorkflowTask": runs_api.stop_task,
    "getWorkflowRun": runs_api.get_run,
    "streamWorkflowEvents": runs_api.stream_events,
    "listWorkflowLogs": logs_api.list_logs,
    "getHumanInputForm": forms_api.get_form,
    "submitHumanInputForm": forms_api.submit_form,
    "uploadFile": files_api.upload,
    "getEndUser": app_api.end_user,
    "getAppInfo": app_api.info,
    "getAppParameters": app_api.parameters,
    "getAppMeta": app_api.meta,
    "getAppSite": app_api.site,
    "audioToText": files_api.audio_to_text,
    "textToAudio": app_api.text_to_audio,
}
