# Written by `make generate` from openapi/dify-workflow.yaml: do not edit.
"""The filters of GET /workflows/logs."""

import datetime
from typing import Any, Literal, TypedDict


class LogFilters(TypedDict, total=False):
    """The query parameters of GET /workflows/logs; None leaves one out."""

    # Only runs whose inputs, outputs, user or run id contain this text, in any case. Inputs and
    # outputs are searched as stored JSON text, keys and `sys.` values included. The first 30
    # characters count. Text beyond ASCII finds nothing, because the stored text is escaped.
    keyword: str | None
    # Only runs that ended so. The other states of a run (`running`, `paused`, `partial-succeeded`)
    # are refused, and `succeeded` does not include `partial-succeeded`.
    status: Literal["succeeded", "failed", "stopped"] | None
    # Number of the page, from 1. A page beyond the last one is empty.
    page: int | None
    # Entries per page.
    limit: int | None
    # Only runs created at or before this time, in ISO 8601. The server also takes a date alone, and
    # takes a time without zone as UTC; it refuses unix seconds. A `+` must be percent-encoded. Dify
    # 1.0.1 and later.
    created_at_before: datetime.datetime | str | None
    # Only runs created at or after this time, in ISO 8601. Formats are as for `created_at__before`.
    # Dify 1.0.1 and later.
    created_at_after: datetime.datetime | str | None
    # Only runs of this `user`. Older servers ignore it. Dify 1.5 and later.
    created_by_end_user_session_id: str | None
    # Only runs that the member of the workspace with this e-mail address started. Older servers
    # ignore it. An unknown address is refused (until Dify 1.9 it finds nothing). Dify 1.5 and
    # later.
    created_by_account: str | None


# What each of them is and may be, in the words of JSON Schema: requests are checked by it.
LOG_FILTERS: dict[str, dict[str, Any]] = {
    "keyword": {
        "description": "Only runs whose inputs, outputs, user or run id contain this text, in any case.",
        "type": "string",
    },
    "status": {
        "description": "Only runs that ended so.",
        "type": "string",
        "enum": ["succeeded", "failed", "stopped"],
    },
    "page": {
        "description": "Number of the page, from 1.",
        "type": "integer",
        "minimum": 1,
        "maximum": 99999,
        "default": 1,
    },
    "limit": {
        "description": "Entries per page.",
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 20,
    },
    "created_at_before": {
        "description": "Only runs created at or before this time, in ISO 8601.",
        "type": "string",
        "format": "date-time",
    },
    "created_at_after": {
        "description": "Only runs created at or after this time, in ISO 8601.",
        "type": "string",
        "format": "date-time",
    },
    "created_by_end_user_session_id": {
        "description": "Only runs of this `user`.",
        "type": "string",
    },
    "created_by_account": {
        "description": "Only runs that the member of the workspace with this e-mail address started.",
        "type": "string",
    },
}
