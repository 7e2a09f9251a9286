# Written by `python generator/generate.py` from openapi/dify-workflow.yaml: do not edit.
"""Every operation: method, path, and the module that builds its requests."""

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
