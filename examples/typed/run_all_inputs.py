"""A choice, a number and a file go in; what comes out has its types."""

from all_inputs import AllInputsChoice, all_inputs
from dify_workflow import DifyWorkflow, WorkflowFile

choice: AllInputsChoice = "b"
note = WorkflowFile.from_bytes(b"hello", name="note.txt")

with DifyWorkflow() as dify:
    request = all_inputs(text="hello", choice=choice, num=2.5, flag=True, doc=note, docs=[note])
    out = dify.run_workflow(request, user="customer-17", deadline=600).typed
    print(out.text, out.choice, out.num, out.flag)
    if out.doc is not None:
        print(out.doc.filename, out.doc.size)
