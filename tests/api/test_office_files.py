"""Files that only some servers take as documents, and inputs that take "Other file types" alone."""

from __future__ import annotations

from typing import Any

import pytest
from dify_workflow import InvalidParam, WorkflowFile
from dify_workflow.types.files import OFFICE
from facade import Kind, both, client
from fake_dify import FakeDify, Input
from replay_server import ReplayServer, Reply
from run_events import RUN, STARTED, sse


def allowing(*kinds: str, extensions: tuple[str, ...] = OFFICE) -> dict[str, Any]:
    dotted = [f".{extension}" for extension in extensions]
    return {"allowed_file_types": kinds, "allowed_file_extensions": dotted}


def files(*extensions: str, **given: Any) -> list[WorkflowFile]:
    types = [(f"a.{extension}", f"application/x-{extension}") for extension in extensions]
    return [WorkflowFile.from_bytes(b"x", name, mime_type=mime, **given) for name, mime in types]


DOCUMENTS, OTHER = allowing("document", extensions=()), allowing("custom")
WITH_PDF = allowing("custom", extensions=("pdf", *OFFICE))
MIXED = allowing("document", "custom")
# The server's ETL_TYPE, what the app's input allows, the files, and how often the run is posted.
TAKEN: dict[str, tuple[Any, ...]] = {
    "documents": ("dify", DOCUMENTS, files("pdf", "docx"), 1),
    "office files, on most servers": ("dify", OTHER, files(*OFFICE), 2),
    "office files, on the others": ("Unstructured", DOCUMENTS, files(*OFFICE), 1),
    "other types alone": ("Unstructured", WITH_PDF, files("ppt", "pdf"), 2),
    "one of two": ("dify", MIXED, files("pdf", "doc"), 2),
    "first one, then the other": ("dify", WITH_PDF, files("xml", "pdf"), 3),
    "given": ("dify", OTHER, files("eml", type="custom"), 1),
    "no extension is listed": ("dify", allowing("custom", extensions=()), files("json"), 1),
}
REFUSED: dict[str, tuple[Any, ...]] = {
    "given": ("dify", OTHER, files("msg", type="document"), 1, "Detected file type does not"),
    "not allowed": ("dify", DOCUMENTS, files("epub"), 2, "File validation failed"),
    "no other type": ("Unstructured", allowing("image"), files("pdf"), 2, "File validation failed"),
}


@both
@pytest.mark.parametrize("version", ["1.8.1", "1.14.2", "1.16.1"])
@pytest.mark.parametrize("mode", ["streaming", "blocking"])
@pytest.mark.parametrize("case", TAKEN)
def test_taken(kind: Kind, version: str, mode: Any, case: str) -> None:
    etl_type, allowed, docs, posts = TAKEN[case]
    with FakeDify(version, etl_type=etl_type) as fake:
        fake.default_app.form = [Input("docs", "file-list", **allowed)]
        with client(kind, fake.url, api_key=fake.api_key, response_mode=mode) as dify:
            assert dify.run_workflow({"docs": docs}).status == "succeeded"
        assert (len(fake.runs), fake.posts(), fake.posts("uploadFile")) == (1, posts, len(docs))


@both
@pytest.mark.parametrize("version", ["1.8.1", "1.14.2", "1.16.1"])
@pytest.mark.parametrize("case", REFUSED)
def test_refused(kind: Kind, version: str, case: str) -> None:
    etl_type, allowed, docs, posts, message = REFUSED[case]
    with FakeDify(version, etl_type=etl_type) as fake:
        fake.default_app.form = [Input("docs", "file-list", **allowed)]
        with client(kind, fake.url, api_key=fake.api_key) as dify:
            with pytest.raises(InvalidParam, match=message) as caught:
                dify.run_workflow({"docs": docs})
            assert "Other file types" in caught.value.hint
            assert caught.value.hint in str(caught.value)
        assert (len(fake.runs), fake.posts()) == (0, posts)


@both
@pytest.mark.parametrize("validate", ["strict", "warn"])
def test_the_form_tells_the_type_at_once(kind: Kind, validate: Any) -> None:
    with FakeDify() as fake:
        fake.default_app.form = [
            Input("docs", "file-list", **WITH_PDF),
            Input("one", "file", **OTHER),
        ]
        with client(kind, fake.url, api_key=fake.api_key, validate=validate) as dify:
            inputs = {"docs": files("pdf", "doc"), "one": files("pptx")[0]}
            assert dify.run_workflow(inputs).status == "succeeded"
        assert fake.posts() == 1


@both
def test_a_run_that_has_begun_is_not_posted_again(kind: Kind) -> None:
    """The same words in the stream of a run are no refusal of it."""
    error = {"event": "error", "workflow_run_id": RUN, "status": 400, "code": "invalid_param"}
    message = "Detected file type does not match"
    events = sse([STARTED, {**error, "message": message}])
    stream = Reply.stream(events, headers=[("X-Version", "1.14.2")])
    with ReplayServer(lambda _: stream) as server:
        with client(kind, server.url) as dify, pytest.raises(InvalidParam, match=message):
            dify.run_workflow({"doc": WorkflowFile.from_url("https://h/a.doc")})
        assert [request.method for request in server.requests] == ["POST"]
