"""Which model each recorded answer is of."""

from __future__ import annotations

import re

from wire_archive import Exchange, exchanges

ID = r"[0-9A-Za-z-]+"
MODELS = {
    r"POST /v1/workflows(/[^/]+)?/run": "BlockingRunResult",
    rf"POST /v1/workflows/tasks/{ID}/stop": "StopResult",
    rf"GET /v1/workflows/run/{ID}": "WorkflowRunDetail",
    r"GET /v1/workflows/logs": "WorkflowLogPage",
    rf"GET /v1/form/human_input/{ID}": "HumanInputForm",
    r"POST /v1/files/upload": "UploadedFile",
    rf"GET /v1/end-users/{ID}": "EndUser",
    r"GET /v1/info": "AppInfo",
    r"GET /v1/parameters": "AppParameters",
    r"GET /v1/meta": "AppMeta",
    r"GET /v1/site": "AppSite",
    r"POST /v1/audio-to-text": "AudioTranscript",
}


def model_of(item: Exchange) -> str | None:
    """The model of a recorded success in JSON, None for the others."""
    if not 200 <= item.status < 300 or not item.content_type.startswith("application/json"):
        return None
    route = f"{item.method} {item.path.partition('?')[0]}"
    return next((name for path, name in MODELS.items() if re.fullmatch(path, route)), None)


ANSWERS = [(item, name) for item in exchanges("1.14.2") if (name := model_of(item))]
STREAMED = [event for item in exchanges("1.14.2") if item.is_stream for event in item.events()]
