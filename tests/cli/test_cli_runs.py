"""run, start, watch, info, stop: what goes to stdout and stderr, and the exit codes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from cli_calls import cli
from dify_workflow._api import limits
from dify_workflow.cli.exits import Exit
from fake_dify import (
    End,
    Fail,
    FakeDify,
    Fault,
    Gate,
    HumanInput,
    Input,
    Iteration,
    Node,
    Partial,
    Retry,
    Step,
    Text,
)


@pytest.mark.parametrize(
    ("step", "out"),
    [
        (Text(["Hel", "lo 你好\n", "\x1b[1m"]), "Hello 你好\n\x1b[1m\n"),
        (Node("node", {"a": "<think>hm</think>Hi"}), "Hi\n"),
        (Node("node", {"a": "Hi", "reasoning_content": "hm"}), "Hi\n"),
        (Node("node", {"a": "\ud800"}), "\\ud800\n"),
        (Node("node", {"a": 1}), {"a": 1}),
        (Node("node", {"a": "x", "b": "y"}), {"a": "x", "b": "y"}),
        (Node("node", {}), {}),
    ],
)
def test_a_single_text_is_printed_as_it_is_and_other_outputs_as_json(
    fake_dify: FakeDify, step: Step, out: str | dict[str, Any]
) -> None:
    fake_dify.workflow = [step]
    ended = cli(fake_dify, "run -i text=hi")
    assert (ended.exit_code, ended.err) == (0, "")
    assert out == (ended.out if isinstance(out, str) else ended.json)


def test_one_json_object_or_one_event_a_line(fake_dify: FakeDify) -> None:
    ended, streamed = (cli(fake_dify, f"run --json -i text=hi {more}") for more in ("", "--stream"))
    run, other = fake_dify.runs
    assert (ended.out.count("\n"), ended.err, streamed.err) == (1, "", "")
    told = {"run_id": run.id, "task_id": run.task_id, "total_steps": run.total_steps}
    told |= {"status": "succeeded", "message": "", "outputs": {"text": "hi"}}
    assert ended.json.items() >= told.items()
    assert [event["event"] for event in streamed.lines] == other.event_names


def test_lines_on_stderr_where_nothing_can_be_drawn(fake_dify: FakeDify) -> None:
    fake_dify.workflow = [Retry(outputs={"a": "b"}), Iteration([1, 2]), Text(["Hello"])]
    ended = cli(fake_dify, "run --stream")
    run = fake_dify.runs[0]
    assert ended.out == "Hello\n"
    lines = ended.err.splitlines()
    assert lines[0] == f"run {run.id} task {run.task_id}"
    names = [line.partition(":")[0] for line in lines[1:]]
    assert names == ["Start", "req", "req", "body", "body", "Iteration", "LLM", "End"]
    assert lines[2].startswith("req: retry 1: Reached maximum retries")
    assert "\x1b" not in ended.err


ENDS = [
    ([Text(["Hello"])], Exit.OK, "Hello\n", ""),
    ([Partial(), End({"result": "bad.result"})], Exit.OK, "the default\n", "succeeded in part"),
    ([Fail("boom")], Exit.RUN_FAILED, "", "failed: boom"),
    ([HumanInput()], Exit.RUN_PAUSED, "", "dify-workflow form "),
]


@pytest.mark.parametrize(("steps", "code", "out", "said"), ENDS)
@pytest.mark.parametrize("option", ["", "--stream", "--json"])
def test_how_a_run_ends(
    fake_dify: FakeDify, steps: list[Step], code: Exit, out: str, said: str, option: str
) -> None:
    fake_dify.workflow = steps
    ended = cli(fake_dify, f"run {option}")
    assert ended.exit_code == code
    if option != "--json":
        assert ended.out == out
        assert said in (ended.err.splitlines() or [""])[-1]
        return
    assert ended.json["status"] == fake_dify.runs[0].status
    if code:
        assert (ended.error["exit_code"], ended.error["run_id"]) == (code, fake_dify.runs[0].id)
    if code is Exit.RUN_PAUSED:
        tokens = [form.token for form in fake_dify.forms]
        assert ended.error["form_tokens"] == tokens
        assert [form["token"] for form in ended.json["forms"]] == tokens


@pytest.fixture
def gate(fake_dify: FakeDify) -> Iterator[Gate]:
    """Hold each run until it is opened."""
    gate = Gate()
    fake_dify.workflow = [Text(["Hello"], seconds=0.0), Node("slow", gate=gate)]
    yield gate
    gate.open()


def test_a_stopped_run(fake_dify: FakeDify, gate: Gate) -> None:
    started = cli(fake_dify, "start --json").json
    run = fake_dify.runs[0]
    assert started == {"run_id": run.id, "task_id": run.task_id, "user": "dify-workflow"}
    stopped = cli(fake_dify, f"stop {run.task_id}")
    assert (stopped.exit_code, stopped.out) == (0, "asked to stop: success\n")
    fake_dify.wait_idle()
    watched = cli(fake_dify, f"watch {run.id}")
    assert (watched.exit_code, watched.out) == (Exit.RUN_STOPPED, "")
    assert run.id in watched.err
    as_json = cli(fake_dify, f"stop {run.task_id} --json").json
    assert as_json == {"task_id": run.task_id, "result": "success"}


@pytest.mark.fake_dify(version="1.9.1")
def test_start_warns_where_a_run_ends_with_its_stream(fake_dify: FakeDify) -> None:
    ended = cli(fake_dify, "start")
    assert ended.exit_code == 0
    assert "Dify 1.9.1 ends a run whose stream is closed" in ended.err


def test_start_of_a_run_that_only_the_logs_tell(
    fake_dify: FakeDify, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's answer does not come; the task's id would come with an event."""
    monkeypatch.setattr(limits, "LOOK_EVERY", 0.2)
    fake_dify.faults.add(Fault(before_headers=True, then="silence"))
    ended = cli(fake_dify, "start --unique-user")
    run = fake_dify.runs[0]
    assert (ended.exit_code, ended.out) == (0, f"run {run.id}\nuser {run.user}\n")


@pytest.mark.parametrize("options", ["--user ann", ""])
def test_watch_prints_the_outputs(fake_dify: FakeDify, options: str) -> None:
    """Another user sees the end alone."""
    run = fake_dify.add_run(user="ann", outputs={"text": "Hello"})
    ended = cli(fake_dify, f"{options} watch {run.id}")
    assert (ended.exit_code, ended.out) == (0, "Hello\n")


def test_watch_of_a_run_that_there_is_not(
    fake_dify: FakeDify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ATTACHED_AFTER", 0.1)
    ended = cli(fake_dify, f"watch {uuid.uuid4()}")
    assert (ended.exit_code, ended.out) == (Exit.NOT_FOUND, "")


def test_info(fake_dify: FakeDify) -> None:
    run = fake_dify.add_run(inputs={"a": 1}, status="failed", error="boom")
    ended = cli(fake_dify, f"info {run.id}")
    assert ended.exit_code == 0
    lines = dict(line.split(maxsplit=1) for line in ended.out.splitlines())
    assert (lines["run_id:"], lines["status:"], lines["message:"]) == (run.id, "failed", "boom")
    as_json = cli(fake_dify, f"info {run.id} --json").json
    assert (as_json["status"], as_json["inputs"]["a"]) == ("failed", 1)


def test_an_outcome_that_is_unknown(fake_dify: FakeDify, gate: Gate) -> None:
    ended = cli(fake_dify, "run --deadline 1.5 --json")
    run = fake_dify.runs[0]
    assert (ended.exit_code, ended.out) == (Exit.UNKNOWN, "")
    assert (ended.error["type"], ended.error["run_id"]) == ("DeadlineExceeded", run.id)
    assert not run.stop_asked


def test_validate(fake_dify: FakeDify) -> None:
    fake_dify.default_app.form = [Input("n", "number", required=True)]
    ended = cli(fake_dify, "run --validate -i x=1")
    assert ended.exit_code == Exit.INVALID
    assert "inputs.x" in ended.err
    assert "inputs.n: required" in ended.err
    assert fake_dify.runs == []
    assert cli(fake_dify, "run --validate -i n:=1.5").exit_code == 0


def test_options_of_a_run(fake_dify: FakeDify) -> None:
    version = fake_dify.default_app.add_version([Text(["other"])])
    options = f"--workflow-id {version} --trace-id t-1 --unique-user"
    assert cli(fake_dify, f"run {options}").out == "other\n"
    ended = cli(fake_dify, f"start {options}")
    assert f"user {fake_dify.runs[1].user}\n" in ended.out
    assert fake_dify.runs[0].user != fake_dify.runs[1].user
    assert [request.body["trace_id"] for request in fake_dify.requests] == ["t-1", "t-1"]
