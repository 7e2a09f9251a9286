# Written by `python generator/generate.py` from openapi/dify-workflow.yaml: do not edit.
"""The filters of GET /workflows/logs."""

import datetime
from typing import Any, Literal, TypedDict


class LogFilters(TypedDict, total=False):
    """The query parameters of GET /workflows/logs, by their Python names."""

    # Only runs whose inputs or outputs (as stored JSON text, keys and `sys.` values included), user
    # or run id contain this text, without regard to case. The first 30 characters count. Text
    # beyond ASCII finds nothing, because the stored text is escaped.
    keyword: str
    # Only runs that ended so. The other states of a run (`running`, `paused`, `partial-succeeded`)
    # are refused, and `succeeded` does not include `partial-succeeded`.
    status: Literal["succeeded", "failed", "stopped"]
    # Number of the page, from 1. A page beyond the last one is empty.
    page: int
    # Entries per page.
    limit: int
    # Only runs created at or before this time, in ISO 8601. The server also takes a date alone, and
    # takes a time without zone as UTC; it refuses unix seconds. A `+` must be percent-encoded.
    created_at_before: datetime.datetime | str
    # Only runs created at or after this time, in the format of `created_at__before`.
    created_at_after: datetime.datetime | str
    # Only runs of this `user`. Dify 1.5 and later; ignored before.
    created_by_end_user_session_id: str
    # Only runs that the member of the workspace with this e-mail address started. Dify 1.5 and
    # later; ignored before. An unknown address is refused (until Dify 1.9 it finds nothing).
    created_by_account: str


# What each of them may be, in the words of JSON Schema: requests are checked by it.
LOG_FILTERS: dict[str, dict[str, Any]] = {
    "keyword": {"type": "string"},
    "status": {"type": "string", "enum": ["succeeded", "failed", "stopped"]},
    "page": {"type": "integer", "minimum": 1, "maximum": 99999},
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    "created_at_before": {"type": "string", "format": "date-time"},
    "created_at_after": {"type": "string", "format": "date-time"},
    "created_by_end_user_session_id": {"type": "string"},
    "created_by_account": {"type": "string"},
}
