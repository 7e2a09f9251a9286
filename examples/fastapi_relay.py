"""An endpoint that runs a workflow and relays its events to the browser, as they come.

    DIFY_BASE_URL=... DIFY_API_KEY=... uvicorn fastapi_relay:app
    curl -N 'http://127.0.0.1:8000/runs?text=hello'

In the page: `new EventSource("/runs?text=hello").addEventListener("text_chunk", ...)`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dify_workflow import APIError, AsyncDifyWorkflow, AsyncWorkflowStream, DifyError
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse


@asynccontextmanager
async def one_client(app: FastAPI) -> AsyncIterator[None]:
    """One client, and its connections, for as long as the application runs."""
    async with AsyncDifyWorkflow() as app.state.dify:
        yield


app = FastAPI(lifespan=one_client)


@app.get("/runs")
async def run(text: str, request: Request) -> StreamingResponse:
    """Start a run; what is refused is an answer of its own, not the middle of a stream."""
    try:
        stream = await request.app.state.dify.start({"text": text})
    except APIError as error:
        raise HTTPException(502, f"the workflow was not started: {error.code}") from error
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(relay(stream), headers=headers, media_type="text/event-stream")


async def relay(stream: AsyncWorkflowStream) -> AsyncIterator[str]:
    """Yield the events of a run as lines of text.

    When the browser leaves, this is cancelled, and `async with` frees the connection to Dify. The
    run itself goes on; `start(..., stop_on_exit=True)` would stop it.
    """
    async with stream:
        try:
            async for item in stream:
                yield f"event: {item.event}\ndata: {json.dumps(item.raw)}\n\n"
        except DifyError as error:  # it broke off in the middle, and could not be recovered
            yield f"event: failed\ndata: {json.dumps({'error': type(error).__name__})}\n\n"
