"""form: show it, answer it by options, follow the run on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_calls import Ended, cli
from cli_terminal import Terminal
from dify_workflow._api import limits
from dify_workflow.cli.exits import Exit
from fake_dify import FakeDify, FormInput, HumanInput
from fake_dify.steps.builtin import BUILTINS

FIELDS = [FormInput("comment", default="fine"), FormInput("pick", "select", options=("r", "g"))]


@pytest.fixture
def token(fake_dify: FakeDify) -> str:
    fake_dify.workflow = [HumanInput("ask", "Please review", FIELDS)]
    assert cli(fake_dify, "run").exit_code == Exit.RUN_PAUSED
    return fake_dify.forms[0].token


def test_show(fake_dify: FakeDify, token: str) -> None:
    ended = cli(fake_dify, "form", token, "--show")
    assert ended.exit_code == 0
    lines = ended.out.splitlines()
    assert lines[:6] == [
        "Please review",
        "",
        "  comment (paragraph, default: fine)",
        "  pick (select, r | g)",
        "  [approve] Approve",
        "  [reject] Reject",
    ]
    told = cli(fake_dify, "form", token, "--show", "--json").json
    assert (told["token"], told["content"]) == (token, "Please review")
    assert [action["id"] for action in told["actions"]] == ["approve", "reject"]
    assert fake_dify.forms


def test_an_answer_by_options(fake_dify: FakeDify, token: str) -> None:
    ended = cli(fake_dify, "form", token, "--action", "reject", "-i", "pick=g")
    assert (ended.exit_code, ended.out) == (0, "")
    assert ended.err.splitlines() == [
        "answered: reject",
        "before another form of its run: the same command with --run RUN_ID",
    ]
    assert fake_dify.runs[0].forms[0].answer == ("reject", {"comment": "fine", "pick": "g"})


def test_the_run_goes_on(fake_dify: FakeDify, token: str) -> None:
    run = fake_dify.runs[0].id
    options = ["--action", "approve", "-i", "pick=g", "-i", "comment=good", "--run", run]
    ended = cli(fake_dify, "form", token, *options)
    assert ended.exit_code == 0
    assert ended.json["comment"] == "good"


def test_the_run_goes_on_in_json(fake_dify: FakeDify, token: str) -> None:
    run = fake_dify.runs[0].id
    options = ["--action", "approve", "-i", "pick=g", "--run", run, "--json"]
    ended = cli(fake_dify, "form", token, *options)
    assert json.loads(ended.out.splitlines()[-1])["event"] == "workflow_finished"


def test_json_without_a_run(fake_dify: FakeDify, token: str) -> None:
    ended = cli(fake_dify, "form", token, "--action", "approve", "-i", "pick=g", "--json")
    assert ended.json == {"form_token": token, "action": "approve"}


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], Exit.USAGE, '--action: needed where nobody can be asked; one of "approve", "reject"'),
        (["--action", "nod"], Exit.INVALID, "'nod' is none of approve, reject"),
        (["--action", "approve"], Exit.INVALID, "inputs.pick: required"),
        (["--action", "approve", "-i", "pick=blue"], Exit.INVALID, "one of r, g"),
    ],
)
def test_answers_that_are_refused(
    fake_dify: FakeDify, token: str, options: list[str], code: Exit, said: str
) -> None:
    ended = cli(fake_dify, "form", token, *options)
    assert (ended.exit_code, ended.out) == (code, "")
    assert said in ended.err
    assert fake_dify.forms


def test_a_form_that_is_closed(fake_dify: FakeDify, token: str) -> None:
    assert cli(fake_dify, "form", token, "--action", "approve", "-i", "pick=g").exit_code == 0
    ended = cli(fake_dify, "form", token, "--show", "--json")
    assert (ended.exit_code, ended.error["type"]) == (Exit.INVALID, "FormClosed")


def test_one_form_after_the_other(fake_dify: FakeDify) -> None:
    fake_dify.workflow = BUILTINS["human-two"]
    first = cli(fake_dify, "run", "--json").error
    run = first["run_id"]
    options = ["--action", "ok", "-i", "c1=x", "--run", run, "--json"]
    second = cli(fake_dify, "form", first["form_tokens"][0], *options)
    assert second.exit_code == Exit.RUN_PAUSED
    options = ["--action", "ok", "-i", "c2=y", "--run", run]
    third = cli(fake_dify, "form", second.error["form_tokens"][0], *options)
    assert third.exit_code == 0


# Two forms of one pause, on a server that loses the run when both are answered at once.

loses_runs = pytest.mark.fake_dify(two_forms="lost", workflow=BUILTINS["human-parallel"])


def press_ok(fake: FakeDify, number: int, *options: str) -> Ended:
    form = fake.runs[0].forms[number]
    field = form.step.inputs[0].name
    return cli(fake, "form", form.token, "--action", "ok", "-i", f"{field}=x", *options)


@loses_runs
def test_two_forms_of_one_pause_one_at_a_time(fake_dify: FakeDify) -> None:
    paused = cli(fake_dify, "run")
    assert (paused.exit_code, paused.err.count("dify-workflow form ")) == (Exit.RUN_PAUSED, 2)
    assert "one at a time" in paused.err
    run = fake_dify.runs[0]
    first = press_ok(fake_dify, 0, "--run", run.id)
    assert (first.exit_code, first.err.count("dify-workflow form ")) == (Exit.RUN_PAUSED, 1)
    assert run.forms[1].token in first.err
    assert press_ok(fake_dify, 1, "--run", run.id).exit_code == 0
    assert run.status == "succeeded"


@loses_runs
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_form_that_somebody_else_has_answered_is_followed(
    fake_dify: FakeDify, as_json: list[str]
) -> None:
    assert cli(fake_dify, "run").exit_code == Exit.RUN_PAUSED
    run = fake_dify.runs[0]
    assert press_ok(fake_dify, 0).exit_code == 0
    followed = press_ok(fake_dify, 0, "--run", run.id, *as_json)
    assert followed.exit_code == Exit.RUN_PAUSED
    assert f"following run {run.id}" in followed.err
    assert run.forms[1].token in followed.err
    assert run.forms[1].waits
    assert press_ok(fake_dify, 1, "--run", run.id).exit_code == 0


@pytest.mark.fake_dify(workflow=BUILTINS["human-parallel"], resume_delay=600.0)
def test_a_run_that_the_server_has_lost_is_told(
    fake_dify: FakeDify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not go on looks the same: it takes no race to make it."""
    monkeypatch.setattr(limits, "RESUMED_AFTER", 1.0)
    monkeypatch.setattr(limits, "FIRST_QUIET", 0.1)
    assert cli(fake_dify, "run").exit_code == Exit.RUN_PAUSED
    run = fake_dify.runs[0]
    assert press_ok(fake_dify, 0).exit_code == 0
    lost = press_ok(fake_dify, 1, "--run", run.id, "--json")
    assert (lost.exit_code, lost.error["run_id"]) == (Exit.UNKNOWN, run.id)
    assert "all of its forms are closed" in lost.error["message"]


@pytest.mark.long
def test_questions_for_files(fake_dify: FakeDify, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    fake_dify.workflow = BUILTINS["human-rich"]
    assert cli(fake_dify, "run").exit_code == Exit.RUN_PAUSED
    with Terminal(fake_dify, "form", fake_dify.forms[0].token, "-i", "note=n") as terminal:
        terminal.expect("pick (red | green): ")
        terminal.type("green\n")
        terminal.expect("att (path or URL): ")
        terminal.type(f"{tmp_path}/missing.txt\n")
        terminal.expect("no file /")
        terminal.expect("att (path or URL): ")
        terminal.type(f"{tmp_path}/a.txt\n")
        for path in (f"{tmp_path}/a.txt", "https://example.com/b.png", ""):
            terminal.expect("atts (path or URL, empty for no more): ")
            terminal.type(f"{path}\n")
        terminal.expect("action (approve | reject): ")
        terminal.type("reject\n")
        assert terminal.wait() == 0
    answer = fake_dify.runs[0].forms[0].answer
    assert answer is not None
    assert (answer[0], answer[1]["note"], answer[1]["pick"]) == ("reject", "n", "green")
    assert len(answer[1]["atts"]) == 2
