"""Files that are documents for some servers only: what one that takes them otherwise says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dify_workflow import InvalidParam, WorkflowFile
from dify_workflow.types.files import OFFICE
from facade import Kind, both, client
from replay_server import Reply, Request
from upload_server import RUN, Uploads, type_on_the_server

MISMATCH = "Detected file type does not match the specified type. Please verify the file."
NOT_ALLOWED = "File validation failed for file: "


class Checking(Uploads):
    """Runs what says the type that the server sees, and what the app's input allows."""

    def __init__(self, *, in_stream: bool, allowed: str) -> None:
        super().__init__()
        self._in_stream, self._allowed = in_stream, allowed

    def _take(self, request: Request) -> Reply:
        if request.path != "/v1/workflows/run":
            return super()._take(request)
        (file,) = self.files
        given = self.runs[-1]["inputs"]["doc"]["type"]
        if given == type_on_the_server(file) and given == self._allowed:
            return RUN
        message = NOT_ALLOWED if given == type_on_the_server(file) else MISMATCH
        if not self._in_stream:
            return Reply.json(400, {"code": "invalid_param", "message": message, "status": 400})
        # As workers say it: with neither code nor status of its own.
        event = json.dumps({"event": "error", "message": message, "status": 500})
        return Reply.stream(b"event: ping\n\n", f"data: {event}\n\n".encode())


@both
@pytest.mark.parametrize("in_stream", [False, True])
@pytest.mark.parametrize("extension", OFFICE)
def test_the_error_says_what_to_give_instead(kind: Kind, in_stream: bool, extension: str) -> None:
    given: dict[str, Any] = {"mime_type": f"application/x-{extension}"}
    document = WorkflowFile.from_bytes(b"x", f"a.{extension}", **given)
    custom = WorkflowFile.from_bytes(b"x", f"a.{extension}", type="custom", **given)
    assert document.type == "document"
    with Checking(in_stream=in_stream, allowed="custom") as server, client(kind, server) as dify:
        with pytest.raises(InvalidParam) as caught:
            dify.run_workflow({"doc": document})
        error = caught.value
        assert (error.status_code, error.message) == (400, MISMATCH)
        assert extension in error.hint.replace(",", "").split()
        assert 'type="custom"' in error.hint
        assert "Other file types" in error.hint
        assert error.hint in str(error)
        server.requests.clear()
        assert dify.run_workflow({"doc": custom}).status == "succeeded"
    with Checking(in_stream=in_stream, allowed="document") as server, client(kind, server) as dify:
        with pytest.raises(InvalidParam, match=NOT_ALLOWED) as caught:
            dify.run_workflow({"doc": custom})
        assert "Other file types" in caught.value.hint
