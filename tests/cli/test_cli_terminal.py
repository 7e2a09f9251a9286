"""The program in a real terminal: the live tree, Ctrl-C, the hidden key, a form's questions."""

from __future__ import annotations

import json
import re

import pytest
from cli_terminal import Terminal
from fake_dify import (
    End,
    FakeDify,
    FormInput,
    Gate,
    HumanInput,
    Input,
    Iteration,
    Node,
    Text,
)

pytestmark = pytest.mark.long


def test_the_tree_is_live() -> None:
    first, second = Gate(), Gate()
    body = [Node("body", {"r": 1}, title="Fetch", gate=second)]
    steps = [Node("lookup", gate=first, title="Look up"), Iteration([7, 8], body), Text(["Hel\n"])]
    with FakeDify(workflow=[*steps]) as fake, Terminal(fake, "run", "--stream") as terminal:
        terminal.expect("● Look up  code")
        terminal.expect("● Look up  code")  # drawn again, as time passes
        first.open()
        terminal.expect("✓ Look up")
        terminal.expect("● Iteration  0 of 2")
        terminal.expect("● #1")
        terminal.expect("● Fetch")
        second.open()
        terminal.expect(f"✓ run {fake.runs[0].id}  succeeded")
        terminal.expect("✓ Iteration  2 of 2")
        terminal.expect("✓ LLM")
        assert terminal.wait() == 0
        assert terminal.text.rstrip().endswith("\nHel")
        assert "\x1b[32m" in terminal.raw


def test_the_text_is_shown_as_it_comes() -> None:
    gate = Gate()
    steps = [
        Text(["Three ", "records\n"]),
        Node("after", gate=gate),
        End({"answer": "llm.text"}),
    ]
    with FakeDify(workflow=steps) as fake, Terminal(fake, "run", "--stream") as terminal:
        terminal.expect("Three records")
        gate.open()
        assert terminal.wait() == 0


def test_the_tree_goes_to_stderr_and_the_result_to_the_pipe() -> None:
    with (
        FakeDify(workflow=[Text(["Hello"])]) as fake,
        Terminal(fake, "run", "--stream", piped=True) as terminal,
    ):
        assert terminal.wait() == 0
        assert terminal.out == "Hello\n"
        assert "✓ LLM" in terminal.text


def test_a_tree_higher_than_the_terminal_is_cropped_until_its_end() -> None:
    gate = Gate()
    nodes = [Node(f"node-{number}") for number in range(30)]
    steps = [*nodes, Node("last", gate=gate)]
    with (
        FakeDify(workflow=steps) as fake,
        Terminal(fake, "run", "--stream", size=(12, 60)) as terminal,
    ):
        terminal.expect("● last")
        picture = terminal.text.rpartition("● run ")[2]
        assert "lines\n" in picture
        assert "node-29" in picture
        assert "node-1\n" not in picture
        gate.open()
        terminal.expect("✓ run ")
        assert terminal.wait() == 0
        final = terminal.text.rpartition("✓ run ")[2]
        assert all(f"node-{number} " in final for number in range(30))


def test_what_a_run_gives_out_cannot_steer_the_terminal() -> None:
    with (
        FakeDify(workflow=[Text(["a\x1b[2Jb"])]) as fake,
        Terminal(fake, "run") as terminal,
    ):
        assert terminal.wait() == 0
        assert terminal.raw.endswith("\x1b[2Ka\N{REPLACEMENT CHARACTER}[2Jb\r\n")
        assert "\x1b[2J" not in terminal.raw
        assert "running" in terminal.raw  # with a spinner until it ended


def test_no_color() -> None:
    with (
        FakeDify(workflow=[Text(["Hello"])]) as fake,
        Terminal(fake, "run", "--stream", environment={"NO_COLOR": "1"}) as terminal,
    ):
        assert terminal.wait() == 0
        assert "✓ LLM" in terminal.text
        assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|38|9[0-7])[;m]", terminal.raw)


def test_a_dumb_terminal_gets_lines() -> None:
    with (
        FakeDify(workflow=[Text(["Hello"])]) as fake,
        Terminal(fake, "run", "--stream", environment={"TERM": "dumb"}) as terminal,
    ):
        assert terminal.wait() == 0
        assert "LLM: succeeded" in terminal.text
        assert "\x1b" not in terminal.raw


@pytest.mark.sample(1)
@pytest.mark.parametrize("arguments", [["--stream"], [], ["--json"]])
def test_ctrl_c_stops_the_run(arguments: list[str]) -> None:
    gate = Gate()
    with (
        FakeDify(workflow=[Node("slow", gate=gate)]) as fake,
        Terminal(fake, "run", *arguments) as terminal,
    ):
        gate.wait(20)
        terminal.type("\x03")
        assert terminal.wait() == 130
        run = fake.runs[0]
        assert run.stop_asked
        assert run.status == "stopped"
        assert f"interrupted: run {run.id} is stopped" in terminal.text
        if arguments == ["--json"]:
            error = json.loads(terminal.text.rpartition("^C")[2])["error"]
            assert (error["run_id"], error["task_id"]) == (run.id, run.task_id)


def test_ctrl_c_before_the_run_has_an_id() -> None:
    queue = Gate()
    with FakeDify(queue=queue) as fake, Terminal(fake, "run", "--stream") as terminal:
        queue.wait(20)
        terminal.expect("● run")
        terminal.type("\x03")
        terminal.expect("interrupted")
        queue.open()
        assert terminal.wait() == 130
        assert fake.runs[0].status in ("stopped", "succeeded")
        assert re.search(rf"run {fake.runs[0].id} (is stopped|had ended)", terminal.text)


def test_ctrl_c_leaves_a_watched_run_alone() -> None:
    gate = Gate()
    with FakeDify(workflow=[Node("slow", gate=gate)]) as fake:
        with Terminal(fake, "start", piped=True) as terminal:
            assert terminal.wait() == 0
        run = fake.runs[0]
        assert terminal.out == f"run {run.id}\ntask {run.task_id}\n"
        with Terminal(fake, "watch", run.id) as terminal:
            terminal.expect("● slow")
            terminal.type("\x03")
            assert terminal.wait() == 130
        assert f"run {run.id} goes on" in terminal.text
        assert not run.stop_asked
        gate.open()
        fake.wait_idle()
        assert run.status == "succeeded"


def test_the_key_is_asked_for_and_not_shown() -> None:
    with (
        FakeDify("1.14.2", "app-secret-key") as fake,
        Terminal(fake, "doctor", environment={"DIFY_API_KEY": None}) as terminal,
    ):
        terminal.expect("API key:")
        terminal.type("app-secret-key\n")
        assert terminal.wait() == 0
        assert "ok    key" in terminal.text
        assert "app-secret-key" not in terminal.raw


def test_a_form_is_shown_and_asked_for() -> None:
    fields = [FormInput("comment", default="fine"), FormInput("pick", "select", options=("r", "g"))]
    asking = HumanInput("ask", "Please **review** this", fields)
    with FakeDify(workflow=[asking]) as fake:
        with Terminal(fake, "run", piped=True) as terminal:
            assert terminal.wait() == 4
        token = fake.forms[0].token
        assert f"dify-workflow form {token} --run {fake.runs[0].id}" in " ".join(
            terminal.text.split()
        )
        with Terminal(fake, "form", token, "--run", fake.runs[0].id, piped=True) as terminal:
            terminal.expect("Please **review** this")
            terminal.expect("[approve] Approve")
            terminal.expect("comment [fine]:")
            terminal.type("\n")
            terminal.expect("pick (r | g):")
            terminal.type("blue\n")
            terminal.expect("one of r, g")
            terminal.type("g\n")
            terminal.expect("action (approve | reject):")
            terminal.type("approve\n")
            terminal.expect("answered: approve")
            assert terminal.wait() == 0
        answer = fake.runs[0].forms[0].answer
        assert answer == ("approve", {"comment": "fine", "pick": "g"})
        assert terminal.out.startswith("{")
        assert json.loads(terminal.out)["comment"] == "fine"


def test_ctrl_c_at_a_question() -> None:
    with FakeDify(workflow=[HumanInput()]) as fake:
        with Terminal(fake, "run", piped=True) as terminal:
            assert terminal.wait() == 4
        with Terminal(fake, "form", fake.forms[0].token) as terminal:
            terminal.expect("comment [looks good]: ")
            terminal.type("\x03")
            assert terminal.wait() == 130
        assert fake.forms


@pytest.mark.parametrize("command", ["params", "logs"])
def test_a_narrow_terminal_cuts_nothing(command: str) -> None:
    options = ["brief and to the point", "as long as it takes to say all of it"]
    form = [Input("text"), Input("style", "select", options=options, required=False)]
    with FakeDify(form=form) as fake:
        run = fake.add_run(status="failed", error="no " * 30)
        with Terminal(fake, command, size=(24, 60)) as terminal:
            assert terminal.wait() == 0
            lines = terminal.text.splitlines()
    assert max(map(len, lines)) <= 60
    told = [run.id, "no " * 30] if command == "logs" else options
    shown = " ".join(" ".join(lines).split())
    assert all(one.strip() in shown for one in told)
