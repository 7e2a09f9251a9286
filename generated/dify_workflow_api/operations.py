# Written by `make generate` from openapi/dify-workflow.yaml: do not edit.
"""Every operation, its answer, its errors, and what came when."""

from typing import Any

# Method, path, and the module that builds its requests.
OPERATIONS: dict[str, tuple[str, str, str]] = {
    "runWorkflow": ("POST", "/workflows/run", "dify_workflow_api.api.runs.run_workflow"),
    "runWorkflowVersion": (
        "POST",
        "/workflows/{workflow_id}/run",
        "dify_workflow_api.api.runs.run_workflow_version",
    ),
    "streamWorkflowEvents": (
        "GET",
        "/workflow/{workflow_run_id}/events",
        "dify_workflow_api.api.runs.stream_workflow_events",
    ),
    "stopWorkflowTask": (
        "POST",
        "/workflows/tasks/{task_id}/stop",
        "dify_workflow_api.api.runs.stop_workflow_task",
    ),
    "getWorkflowRun": (
        "GET",
        "/workflows/run/{workflow_run_id}",
        "dify_workflow_api.api.runs.get_workflow_run",
    ),
    "listWorkflowLogs": ("GET", "/workflows/logs", "dify_workflow_api.api.logs.list_workflow_logs"),
    "getHumanInputForm": (
        "GET",
        "/form/human_input/{form_token}",
        "dify_workflow_api.api.human_input.get_human_input_form",
    ),
    "submitHumanInputForm": (
        "POST",
        "/form/human_input/{form_token}",
        "dify_workflow_api.api.human_input.submit_human_input_form",
    ),
    "uploadFile": ("POST", "/files/upload", "dify_workflow_api.api.files.upload_file"),
    "getEndUser": (
        "GET",
        "/end-users/{end_user_id}",
        "dify_workflow_api.api.end_users.get_end_user",
    ),
    "getAppInfo": ("GET", "/info", "dify_workflow_api.api.app.get_app_info"),
    "getAppParameters": ("GET", "/parameters", "dify_workflow_api.api.app.get_app_parameters"),
    "getAppMeta": ("GET", "/meta", "dify_workflow_api.api.app.get_app_meta"),
    "getAppSite": ("GET", "/site", "dify_workflow_api.api.app.get_app_site"),
    "audioToText": ("POST", "/audio-to-text", "dify_workflow_api.api.audio.audio_to_text"),
    "textToAudio": ("POST", "/text-to-audio", "dify_workflow_api.api.audio.text_to_audio"),
}

# The model that a success in JSON is read into.
ANSWERS: dict[str, str] = {
    "runWorkflow": "BlockingRunResult",
    "runWorkflowVersion": "BlockingRunResult",
    "stopWorkflowTask": "StopResult",
    "getWorkflowRun": "WorkflowRunDetail",
    "listWorkflowLogs": "WorkflowLogPage",
    "getHumanInputForm": "HumanInputForm",
    "uploadFile": "UploadedFile",
    "getEndUser": "EndUser",
    "getAppInfo": "AppInfo",
    "getAppParameters": "AppParameters",
    "getAppMeta": "AppMeta",
    "getAppSite": "AppSite",
    "audioToText": "AudioTranscript",
}

# The class of an error by its code.
ERRORS: dict[str, str] = {
    "unauthorized": "AuthenticationError",
    "forbidden": "PermissionDenied",
    "file_access_denied": "PermissionDenied",
    "workflow_version_execution_not_allowed": "PermissionDenied",
    "trigger_workflow_service_mode_unavailable": "PermissionDenied",
    "not_found": "NotFound",
    "end_user_not_found": "NotFound",
    "file_extension_blocked": "InvalidParam",
    "too_many_files": "InvalidParam",
    "no_audio_uploaded": "InvalidParam",
    "not_workflow_app": "AppUnavailable",
    "not_chat_app": "AppUnavailable",
    "not_completion_app": "AppUnavailable",
    "app_unavailable": "AppUnavailable",
    "speech_to_text_disabled": "AppUnavailable",
    "provider_not_initialize": "ProviderError",
    "model_currently_not_support": "ProviderError",
    "completion_request_error": "ProviderError",
    "provider_not_support_speech_to_text": "ProviderError",
    "plugin_runtime_error": "ProviderError",
    "provider_quota_exceeded": "QuotaExceeded",
    "rate_limit_error": "QuotaExceeded",
    "too_many_requests": "TooManyRequests",
    "human_input_form_submitted": "FormClosed",
    "human_input_form_expired": "FormClosed",
    "unsupported_file_type": "UnsupportedMediaType",
    "unsupported_audio_type": "UnsupportedMediaType",
    "file_too_large": "TooLarge",
    "audio_too_large": "TooLarge",
}

# What the fields of the bodies may be, in the words of JSON Schema, where it is limited.
BODIES: dict[str, dict[str, dict[str, Any]]] = {
    "InputFile": {
        "type": {"enum": ["document", "image", "audio", "video", "custom"]},
        "transfer_method": {"enum": ["local_file", "remote_url"]},
    },
    "RunWorkflowBody": {
        "user": {"maxLength": 255},
        "response_mode": {"enum": ["streaming", "blocking"], "default": "blocking"},
        "trace_session_id": {"minLength": 1, "maxLength": 200},
    },
}

# The version of Dify that something came with, and what it is, for people ("" if it needs no word).
SINCE: dict[str, tuple[str, str]] = {
    "OUTLIVES_ITS_STREAM": (
        "1.10",
        "a run goes on when its stream is cut, and its result is waited for",
    ),
    "LOGS_RUNNING_RUNS": ("1.11", "a run whose id never arrived is found in the logs"),
    "QUEUES_RUNS": ("1.13", "streaming runs wait in the server's queue for a free worker"),
    "ENDS_SPEECH_FIRST": ("1.13", ""),
    "runWorkflowVersion": ("1.7.2", "runs of a certain version of the workflow, `workflow_id`"),
    "streamWorkflowEvents": (
        "1.14",
        "events missed by a cut stream are fetched again; `attach()` follows them",
    ),
    "created_at__before": ("1.0.1", ""),
    "created_at__after": ("1.0.1", "logs filtered by time (`iter_logs` does it for older ones)"),
    "created_by_end_user_session_id": ("1.5", "logs filtered by user"),
    "created_by_account": ("1.5", ""),
    "getHumanInputForm": ("1.14", "human input: `form()`, `submit_form()`, `resume()`"),
    "submitHumanInputForm": ("1.14", "human input: `form()`, `submit_form()`, `resume()`"),
    "getEndUser": ("1.13", "a user of the app, `end_user()`"),
    "getAppSite": ("1.4", "the settings of the app's web page, `site()`"),
}
