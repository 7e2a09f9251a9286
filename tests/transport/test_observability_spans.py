"""With OpenTelemetry: a run is a span that ends with its stream, around the spans of httpx."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest
from dify_workflow import AuthenticationError, DifyWorkflow, WorkflowFile, WorkflowRunRequest
from facade import Kind, both, client
from fake_dify import Fail, FakeDify, Fault, Gate, Text
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

Spans = Callable[..., list[ReadableSpan]]
RUN = "dify_workflow.run"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="session")
def exporter() -> InMemorySpanExporter:
    """What a program sets up once: a provider and an exporter."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture(scope="module", autouse=True)
def instrumented() -> Iterator[None]:
    """The instrumentation of httpx."""
    HTTPXClientInstrumentor().instrument()
    yield
    HTTPXClientInstrumentor().uninstrument()


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Spans:
    """The spans that have ended so far: all, or those of a name."""
    exporter.clear()

    def ended(name: str | None = None) -> list[ReadableSpan]:
        return [one for one in exporter.get_finished_spans() if name in (None, one.name)]

    return ended


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def id_of(span: ReadableSpan | trace.Span) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.span_id


@both
@pytest.mark.parametrize("read_ahead", [False, True])
def test_the_span_of_a_streamed_run_ends_when_its_stream_ends(
    kind: Kind, read_ahead: bool, spans: Spans
) -> None:
    gate = Gate()
    with (
        FakeDify(workflow=[Text(), gate]) as fake,
        client(kind, fake.url, api_key=fake.api_key) as dify,
    ):
        with trace.get_tracer("app").start_as_current_span("app") as outer:
            stream = dify.run_workflow_stream({}, read_ahead=read_ahead)
        next(stream)
        gate.wait()
        assert [one.name for one in spans()] == ["app", "POST"]  # httpx's ends with the head
        gate.open()
        list(stream)
        (run,) = spans(RUN)
        (post,) = spans("POST")
    assert parent_of(post) == id_of(run)
    assert parent_of(run) == id_of(outer)
    assert run.attributes == {
        "dify.run.id": stream.id,
        "dify.task.id": stream.task_id,
        "dify.run.status": "succeeded",
        "dify.run.recovered": False,
    }


@both
def test_requests_carry_the_trace_of_the_run(kind: Kind, spans: Spans) -> None:
    with FakeDify() as fake, client(kind, fake.url, api_key=fake.api_key) as dify:
        fake.faults.add(Fault(after_events=2, then="reset"))
        dify.run_workflow({})
    (run,) = spans(RUN)
    context = run.get_span_context()
    assert context is not None
    requests = [one for one in spans() if one.name in ("GET", "POST")]
    assert len(requests) == len(fake.requests) >= 2
    for span, request in zip(requests, fake.requests, strict=True):
        assert parent_of(span) == context.span_id
        expected = f"00-{context.trace_id:032x}-{id_of(span):016x}-"
        assert request.headers["traceparent"].startswith(expected)
    assert run.attributes is not None
    assert run.attributes["dify.run.recovered"] is True


@both
def test_a_blocking_run_is_a_span(kind: Kind, spans: Spans) -> None:
    with FakeDify() as fake, client(kind, fake.url, api_key=fake.api_key) as dify:
        response = dify.run_workflow(WorkflowRunRequest(inputs={}, response_mode="blocking"))
    (post, run) = spans()
    assert parent_of(post) == id_of(run)
    assert run.attributes is not None
    assert run.attributes["dify.run.id"] == response.id


@both
def test_uploads_belong_to_the_run(kind: Kind, spans: Spans) -> None:
    with FakeDify() as fake, client(kind, fake.url, api_key=fake.api_key) as dify:
        files = [WorkflowFile.from_bytes(b"x", f"{name}.txt") for name in "ab"]
        dify.run_workflow({"files": files})
    (run,) = spans(RUN)
    posts = spans("POST")
    assert len(posts) == 3
    assert {parent_of(post) for post in posts} == {id_of(run)}


@both
@pytest.mark.parametrize("left", [True, False], ids=["left", "failed"])
def test_other_ends(kind: Kind, left: bool, spans: Spans) -> None:
    gate = Gate()
    with (
        FakeDify(workflow=[gate, Fail("private")]) as fake,
        client(kind, fake.url, api_key=fake.api_key) as dify,
        dify.run_workflow_stream({}) as stream,
    ):
        next(stream)
        if left:
            stream.close()
        gate.open()
        fake.wait_idle()
        list(stream)
        (run,) = spans(RUN)
    assert run.attributes is not None
    assert run.attributes["dify.run.status"] == ("left" if left else "failed")
    assert run.status.is_ok is left
    assert "private" not in run.to_json()


@both
def test_an_error_is_named(kind: Kind, spans: Spans) -> None:
    with FakeDify() as fake, client(kind, fake.url) as dify, pytest.raises(AuthenticationError):
        dify.run_workflow({})
    (run,) = spans(RUN)
    assert run.attributes is not None
    assert run.attributes["error.type"] == "AuthenticationError"
    assert run.status.status_code is trace.StatusCode.ERROR
    assert not run.events


def test_one_httpx_client_can_be_instrumented_alone(spans: Spans) -> None:
    HTTPXClientInstrumentor().uninstrument()
    try:
        with FakeDify() as fake, httpx.Client() as http:
            HTTPXClientInstrumentor.instrument_client(http)
            dify = DifyWorkflow(base_url=fake.url, api_key=fake.api_key, http_client=http)
            assert dify.run_workflow({}).status == "succeeded"
    finally:
        HTTPXClientInstrumentor().instrument()
    (post, run) = spans()
    assert (post.name, run.name) == ("POST", RUN)
    assert parent_of(post) == id_of(run)


@both
def test_the_ids_of_another_trace_are_passed_on(kind: Kind) -> None:
    HTTPXClientInstrumentor().uninstrument()
    try:
        with FakeDify() as fake, client(kind, fake.url, api_key=fake.api_key) as dify:
            request = WorkflowRunRequest(inputs={}, trace_id="order-4711")
            dify.run_workflow(request, extra_headers={"traceparent": PARENT})
    finally:
        HTTPXClientInstrumentor().instrument()
    (sent,) = fake.requests
    assert sent.headers["traceparent"] == PARENT
    assert sent.body["trace_id"] == "order-4711"


@pytest.mark.long
def test_a_process_without_opentelemetry_does_not_load_it() -> None:
    program = """
import sys
from dify_workflow import ConnectionFailed, DifyWorkflow

try:
    DifyWorkflow(base_url="http://127.0.0.1:9", api_key="app-x", max_retries=0).run_workflow({})
except ConnectionFailed:
    print(any(name.startswith("opentelemetry") for name in sys.modules))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert ran.stdout.strip() == "False"
