"""A workflow with a form and two ends: the outputs of the end that is not reached are None."""

from dify_workflow import DifyWorkflow, WorkflowForm
from review import review


def answer(form: WorkflowForm) -> tuple[str, dict[str, str]]:
    return "approve", {"comment": "looks good"}


with DifyWorkflow() as dify:
    out = dify.run_workflow(review(name="Ada"), on_human_input=answer).typed
    if out.rejected is None:
        print(out.decision, out.action, out.comment)
    else:
        print("rejected:", out.rejected)
