"""`python -m dify_workflow.cli` is `dify-workflow`."""

from . import main

main()
