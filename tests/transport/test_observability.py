"""What a run tells of itself: one line of the log, one span of OpenTelemetry, nothing private."""

from __future__ import annotations

import gc
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import attrs
import pytest
from dify_workflow import (
    APIError,
    AuthenticationError,
    InvalidParam,
    RequestTimedOut,
    RunOutcomeUnknown,
    WorkflowFile,
    WorkflowForm,
    WorkflowRunRequest,
)
from facade import Kind, answered, both, client, close_given, given_client
from fake_dify import Fail, FakeDify, Fault, Gate, HumanInput, Node, PipelineError, Step, Text
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from replay_server import Reply, Request
from slow_runs import STARTED

Lines = Callable[[int], list[str]]
Spans = Callable[..., list[ReadableSpan]]
SECRET = "private-text-of-an-input"
USER = "ann@example.com"
RUN = "dify_workflow.run"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    """The messages of this library so far, of a level."""
    with caplog.at_level(logging.DEBUG, logger="dify_workflow"):
        yield lambda level: [
            re.sub(r"\d+\.\d{3} s", "N s", record.getMessage())
            for record in caplog.records
            if record.name == "dify_workflow" and record.levelno == level
        ]


@pytest.fixture(scope="session")
def exporter() -> InMemorySpanExporter:
    """What a program sets up once: a provider and an exporter."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[Spans]:
    """The spans that have ended so far, those of httpx too: all, or those of a name."""
    exporter.clear()
    HTTPXClientInstrumentor().instrument()
    yield lambda *names: [
        one for one in exporter.get_finished_spans() if not names or one.name in names
    ]
    HTTPXClientInstrumentor().uninstrument()


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def id_of(span: ReadableSpan | trace.Span) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.span_id


@attrs.frozen
class End:
    """How a run ends, and why."""

    told: str
    steps: tuple[Step, ...] = (Text(["a"] * 50),)
    fault: Fault | None = None
    raises: type[APIError | RunOutcomeUnknown] | None = None
    mode: Any = "streaming"
    key: str | None = None
    version: str = "1.16.1"
    request: str = "200"


LOST, NO_KEY = RunOutcomeUnknown, AuthenticationError
ENDS: dict[str, End] = {
    "a stream": End("succeeded"),
    "blocking": End("succeeded", mode="blocking"),
    "recovered": End("succeeded", fault=Fault(after_events=2, then="reset")),
    "failed": End("failed", (Fail("boom " + SECRET),)),
    "paused": End("paused", (HumanInput(),)),
    "error event": End("failed", (PipelineError(SECRET),), raises=InvalidParam),
    "not started": End("error", raises=NO_KEY, key="app-of-nobody", request="401"),
    # Before 1.10, a run dies with its stream.
    "unknown": End(
        "unknown", fault=Fault(after_events=0, then="close"), raises=LOST, version="1.8.1"
    ),
    "unknown, blocking": End(
        "unknown",
        fault=Fault(before_headers=True, then="close"),
        raises=LOST,
        mode="blocking",
        request="RemoteProtocolError",
    ),
}


@both
@pytest.mark.parametrize("name", ENDS)
def test_a_run_is_one_line_and_one_span(
    kind: Kind, name: str, lines: Lines, spans: Spans, caplog: pytest.LogCaptureFixture
) -> None:
    end = ENDS[name]
    raised: AbstractContextManager[Any] = pytest.raises(end.raises) if end.raises else nullcontext()
    with (
        FakeDify(end.version, workflow=end.steps) as fake,
        client(kind, fake, api_key=end.key or fake.api_key) as dify,
    ):
        if end.fault:
            fake.faults.add(end.fault)
        with raised:
            dify.run_workflow(WorkflowRunRequest(inputs={}, response_mode=end.mode))
    run_id, task_id, error = None, None, None
    if end.raises:
        error = end.raises.__name__
    else:
        run_id, task_id = fake.runs[0].id, fake.runs[0].task_id

    (line,) = lines(logging.INFO)
    told = end.told + (f" ({error})" if error else "")
    ending = ", recovered" if name == "recovered" else ""
    assert line == f"run {run_id or '-'} (task {task_id or '-'}): {told} after N s{ending}"
    first, *others = lines(logging.DEBUG)  # a line for each request, none for events
    assert first == f"POST /workflows/run: {end.request}, N s"
    assert len(others) + 1 == len(fake.requests)
    (record,) = (one for one in caplog.records if "run_status" in vars(one))
    fields = {"run_id": run_id, "task_id": task_id, "run_status": end.told}
    assert fields.items() <= vars(record).items()
    assert vars(record)["seconds"] > 0
    assert SECRET not in repr(vars(record))

    (run,) = spans(RUN)
    attributes = {
        "dify.run.id": run_id,
        "dify.task.id": task_id,
        "dify.run.status": end.told,
        "dify.run.recovered": name in ("recovered", "unknown"),  # it was tried
        "error.type": error,
    }
    assert run.attributes == {key: value for key, value in attributes.items() if value is not None}
    assert run.status.is_ok == (end.told in ("succeeded", "paused"))
    assert not run.events
    assert SECRET not in run.to_json()
    context = run.get_span_context()
    assert context is not None
    requests = spans("GET", "POST")
    for span, request in zip(requests, fake.requests, strict=True):
        assert parent_of(span) == id_of(run)
        expected = f"00-{context.trace_id:032x}-{id_of(span):016x}-"
        assert request.headers["traceparent"].startswith(expected)


# How a run is left, and when it is told.


@pytest.mark.long
@both
@pytest.mark.parametrize("way", ["with", "at the last event", "bare loop"])
def test_leaving_is_one_line_and_one_span(kind: Kind, way: str, lines: Lines, spans: Spans) -> None:
    gate = Gate()
    with FakeDify(workflow=[gate]) as fake, client(kind, fake) as dify:
        if way == "bare loop":
            for _ in dify.run_workflow_stream({}):
                break
            gc.collect()
        else:
            with dify.run_workflow_stream({}) as stream:
                for item in stream:
                    if way == "with" or item.event == "workflow_finished":
                        break
                    gate.open()
        wanted = "succeeded" if way == "at the last event" else "left"
        (line,), (run,) = lines(logging.INFO), spans(RUN)
        assert line.endswith(f": {wanted} after N s")
        assert run.attributes is not None
        assert run.attributes["dify.run.status"] == wanted
        assert run.status.is_ok
        gate.open()
        fake.wait_idle()


@pytest.mark.long
@both
def test_leaving_between_two_connections_is_one_line_too(kind: Kind, lines: Lines) -> None:
    def answer(request: Request) -> Reply:
        return Reply.stream(STARTED) if request.method == "POST" else Reply.json(500, {})

    with answered(kind, answer) as (_, dify):
        stream = dify.run_workflow_stream({})
        with pytest.raises(RequestTimedOut):
            stream.result(0.3)
        assert lines(logging.INFO) == []
        del stream
        gc.collect()
        (line,) = lines(logging.INFO)
        assert line.endswith(": left after N s")


@both
@pytest.mark.parametrize("read_ahead", [False, True])
def test_the_span_of_a_streamed_run_ends_when_its_stream_ends(
    kind: Kind, read_ahead: bool, spans: Spans
) -> None:
    gate = Gate()
    with FakeDify(workflow=[Text(), gate]) as fake, client(kind, fake) as dify:
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


@both
def test_uploads_belong_to_the_run(kind: Kind, spans: Spans) -> None:
    with FakeDify() as fake, client(kind, fake) as dify:
        files = [WorkflowFile.from_bytes(b"x", f"{name}.txt") for name in "ab"]
        dify.run_workflow({"files": files})
    (run,) = spans(RUN)
    posts = spans("POST")
    assert len(posts) == 3
    assert {parent_of(post) for post in posts} == {id_of(run)}


@both
@pytest.mark.parametrize("alone", [False, True], ids=["not instrumented", "instrumented alone"])
def test_a_client_of_httpx_can_be_instrumented_alone(kind: Kind, alone: bool, spans: Spans) -> None:
    """What is not instrumented passes on the ids of another trace as they are given."""
    HTTPXClientInstrumentor().uninstrument()
    http = given_client(kind)
    if alone:
        HTTPXClientInstrumentor.instrument_client(http)
    with FakeDify() as fake, client(kind, fake, http_client=http) as dify:
        request = WorkflowRunRequest(inputs={}, trace_id="order-4711")
        dify.run_workflow(request, extra_headers={} if alone else {"traceparent": PARENT})
        close_given(http, dify)
    (sent,), (run,) = fake.requests, spans(RUN)
    assert [parent_of(post) for post in spans("POST")] == [id_of(run)] * alone
    assert (sent.headers["traceparent"] == PARENT) is not alone
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


@both
def test_nothing_private_is_logged(
    kind: Kind, lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(form: WorkflowForm) -> tuple[str, dict[str, str]]:
        return "approve", {"comment": SECRET}

    key = "app-" + SECRET
    with FakeDify() as fake:
        made = fake.file(SECRET + ".txt", SECRET.encode())
        steps = [HumanInput(), Node("files", {"file": made, "text": SECRET}), Fail(SECRET)]
        fake.app(
            key,
            lambda inputs: steps if inputs["text"] else [Node("n", {"file": made})],
            speech=True,
        )
        with client(kind, fake, api_key=key, user=USER) as dify:
            picture = WorkflowFile.from_bytes(SECRET.encode(), SECRET + ".txt")
            dify.run_workflow({"text": SECRET, "file": picture}, on_human_input=answer)
            (file,) = dify.run_workflow({"text": ""}).files
            assert dify.download(file) == SECRET.encode()
            list(dify.iter_logs(keyword=SECRET))
            list(dify.text_to_audio(SECRET))
            with pytest.raises(APIError):
                dify.form(SECRET)
    assert {line.partition(":")[0] for line in lines(logging.DEBUG)} == {
        "POST /files/upload",
        "POST /workflows/run",
        "GET /form/human_input/{form_token}",
        "POST /form/human_input/{form_token}",
        "GET /workflow/{workflow_run_id}/events",
        "GET (a file)",
        "GET /workflows/logs",
        "POST /text-to-audio",
    }
    for record in caplog.records:
        if record.name == "dify_workflow":
            shown = record.getMessage() + repr(vars(record))
            assert SECRET not in shown
            assert USER not in shown
            assert "sign=" not in shown
