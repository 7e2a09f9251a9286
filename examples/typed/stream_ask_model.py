"""The events as they come, and the outputs of the end, on the async client."""

import asyncio

from ask_model import AskModelOutputs, ask_model
from dify_workflow import AsyncDifyWorkflow
from dify_workflow.typed import read


async def main() -> None:
    async with (
        AsyncDifyWorkflow() as dify,
        dify.run_workflow_stream(ask_model(text="hello")) as stream,
    ):
        async for item in stream:
            print(item.event)
        out = read(AskModelOutputs, await stream.result())
        print(out.text, "|", out.reasoning)


asyncio.run(main())
