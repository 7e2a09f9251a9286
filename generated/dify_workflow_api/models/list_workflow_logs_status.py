from typing import Literal

ListWorkflowLogsStatus = Literal["failed", "stopped", "succeeded"]

LIST_WORKFLOW_LOGS_STATUS_VALUES: set[ListWorkflowLogsStatus] = {
    "failed",
    "stopped",
    "succeeded",
}


def check_list_workflow_logs_status(value: str) -> ListWorkflowLogsStatus:
    if value in LIST_WORKFLOW_LOGS_STATUS_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {LIST_WORKFLOW_LOGS_STATUS_VALUES!r}"
    )
