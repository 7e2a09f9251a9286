"""The server's answers that are no streams: a page of the logs, an uploaded file."""

from __future__ import annotations

import uuid
from typing import Any

from wire import answer

USER = "2a708d93-2924-4f7b-b64e-cd6369810a4d"


def _entry(number: int) -> dict[str, Any]:
    failed = number % 10 == 9
    return {
        "id": str(uuid.UUID(int=number)),
        "workflow_run": {
            "id": str(uuid.UUID(int=number + 1000)),
            "version": "2026-11-22 08:12:20.294169",
            "status": "failed" if failed else "succeeded",
            "triggered_from": "app-run",
            "error": "[Errno 111] Connection refused" if failed else None,
            "elapsed_time": 0.04494,
            "total_tokens": number,
            "total_steps": 2,
            "created_at": 1795336242 - number,
            "finished_at": 1795336243 - number,
            "exceptions_count": 0,
        },
        "details": None,
        "created_from": "service-api",
        "created_by_role": "end_user",
        "created_by_account": None,
        "created_by_end_user": {
            "id": USER,
            "type": "service-api",
            "is_anonymous": False,
            "session_id": "user-1",
        },
        "created_at": 1795336242 - number,
    }


LOGS = answer(
    "200 OK",
    {
        "page": 1,
        "limit": 100,
        "total": 4500,
        "has_more": True,
        "data": [_entry(number) for number in range(100)],
    },
)


def uploaded(size: int) -> bytes:
    """The answer to an upload of so many bytes."""
    return answer("201 CREATED", {**_UPLOADED, "size": size})


_UPLOADED = {
    "id": str(uuid.UUID(int=1)),
    "reference": None,
    "name": "large.bin",
    "extension": "bin",
    "mime_type": "application/octet-stream",
    "created_by": USER,
    "created_at": 1795336197,
    "preview_url": None,
    "source_url": None,
    "original_url": None,
    "user_id": None,
    "tenant_id": None,
    "conversation_id": None,
    "file_key": None,
}
