from typing import Literal

RunWorkflowBodyResponseMode = Literal["blocking", "streaming"]

RUN_WORKFLOW_BODY_RESPONSE_MODE_VALUES: set[RunWorkflowBodyResponseMode] = {
    "blocking",
    "streaming",
}


def check_run_workflow_body_response_mode(value: str) -> RunWorkflowBodyResponseMode:
    if value in RUN_WORKFLOW_BODY_RESPONSE_MODE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {RUN_WORKFLOW_BODY_RESPONSE_MODE_VALUES!r}"
    )
