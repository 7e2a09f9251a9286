"""form: show it, answer it by options, follow the run on."""

from __future__ import annotations

import pytest
from cli_calls import Ended, cli
from dify_workflow.cli.exits import Exit
from fake_dify import FakeDify, FormInput, HumanInput
from fake_dify.steps.builtin import BUILTINS

FIELDS = [FormInput("comment", default="fine"), FormInput("pick", "select", options=("r", "g"))]
APPROVE = "--action approve -i pick=g"


@pytest.fixture
def token(fake_dify: FakeDify) -> str:
    fake_dify.workflow = [HumanInput("ask", "Please review", FIELDS)]
    assert cli(fake_dify, "run").exit_code == Exit.RUN_PAUSED
    return fake_dify.forms[0].token


def test_show(fake_dify: FakeDify, token: str) -> None:
    ended = cli(fake_dify, f"form {token} --show")
    assert ended.exit_code == 0
    assert ended.out.splitlines()[:6] == [
        "Please review",
        "",
        "  comment (paragraph, default: fine)",
        "  pick (select, r | g)",
        "  [approve] Approve",
        "  [reject] Reject",
    ]
    told = cli(fake_dify, f"form {token} --show --json").json
    assert (told["token"], told["content"]) == (token, "Please review")
    assert [action["id"] for action in told["actions"]] == ["approve", "reject"]
    assert fake_dify.forms


def test_an_answer_by_options(fake_dify: FakeDify, token: str) -> None:
    ended = cli(fake_dify, f"form {token} --action reject -i pick=g")
    assert (ended.exit_code, ended.out) == (0, "")
    assert ended.err.splitlines() == [
        "answered: reject",
        "before another form of its run: the same command with --run RUN_ID",
    ]
    assert fake_dify.runs[0].forms[0].answer == ("reject", {"comment": "fine", "pick": "g"})


def test_the_run_goes_on_in_json(fake_dify: FakeDify, token: str) -> None:
    ended = cli(fake_dify, f"form {token} {APPROVE} --run {fake_dify.runs[0].id} --json")
    assert ended.lines[-1]["event"] == "workflow_finished"


def test_json_without_a_run_and_a_form_that_is_closed(fake_dify: FakeDify, token: str) -> None:
    ended = cli(fake_dify, f"form {token} {APPROVE} --json")
    assert ended.json == {"form_token": token, "action": "approve"}
    ended = cli(fake_dify, f"form {token} --show --json")
    assert (ended.exit_code, ended.error["type"]) == (Exit.INVALID, "FormClosed")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("", Exit.USAGE, '--action: needed where nobody can be asked; one of "approve", "reject"'),
        ("--action nod", Exit.INVALID, "'nod' is none of approve, reject"),
        ("--action approve", Exit.INVALID, "inputs.pick: required"),
        ("--action approve -i pick=blue", Exit.INVALID, "one of r, g"),
    ],
)
def test_answers_that_are_refused(
    fake_dify: FakeDify, token: str, options: str, code: Exit, said: str
) -> None:
    ended = cli(fake_dify, f"form {token} {options}")
    assert (ended.exit_code, ended.out) == (code, "")
    assert said in ended.err
    assert fake_dify.forms


def press_ok(fake: FakeDify, number: int, options: str = "") -> Ended:
    form = fake.runs[0].forms[number]
    field = form.step.inputs[0].name
    return cli(fake, f"form {form.token} --action ok -i {field}=x {options}")


@pytest.mark.fake_dify(two_forms="lost", workflow=BUILTINS["human-parallel"])
@pytest.mark.parametrize("as_json", ["", "--json"])
def test_two_forms_of_one_pause_are_answered_one_at_a_time(
    fake_dify: FakeDify, as_json: str
) -> None:
    """The server loses the run when both are answered at once."""
    paused = cli(fake_dify, "run")
    assert (paused.exit_code, paused.err.count("dify-workflow form ")) == (Exit.RUN_PAUSED, 2)
    assert "one at a time" in paused.err
    run = fake_dify.runs[0]
    assert press_ok(fake_dify, 0).exit_code == 0
    # One that was answered, by somebody else for all that is known here, is followed.
    followed = press_ok(fake_dify, 0, f"--run {run.id} {as_json}")
    assert followed.exit_code == Exit.RUN_PAUSED
    assert f"following run {run.id}" in followed.err
    assert run.forms[1].token in followed.err
    assert run.forms[1].waits
    assert press_ok(fake_dify, 1, f"--run {run.id}").exit_code == 0
    assert run.status == "succeeded"
