"""The program in a real terminal: the live tree, Ctrl-C, the hidden key, a form's questions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_terminal import Terminal
from fake_dify import End, FakeDify, FormInput, Gate, HumanInput, Input, Iteration, Node, Text

pytestmark = pytest.mark.long


def test_the_tree_is_live() -> None:
    first, second = Gate(), Gate()
    body = [Node("body", {"r": 1}, title="Fetch", gate=second)]
    lookup = Node("lookup", gate=first, title="Look up")
    steps = [Text(["Hel\n"]), lookup, Iteration([7, 8], body), End({"answer": "llm.text"})]
    with FakeDify(workflow=steps) as fake, Terminal(fake, "run --stream") as terminal:
        terminal.expect("Hel")  # the text is shown as it comes
        terminal.expect("● Look up  code")
        terminal.expect("● Look up  code")  # drawn again, as time passes
        first.open()
        terminal.expect("✓ Look up")
        terminal.expect("● Iteration  0 of 2")
        terminal.expect("● #1")
        terminal.expect("● Fetch")
        second.open()
        terminal.expect(f"✓ run {fake.runs[0].id}  succeeded")
        terminal.expect("✓ LLM")
        terminal.expect("✓ Iteration  2 of 2")
        assert terminal.wait() == 0
        assert terminal.text.rstrip().endswith("\nHel")
        assert "\x1b[32m" in terminal.raw


def test_a_tree_higher_than_the_terminal_is_cropped_until_its_end() -> None:
    gate = Gate()
    steps = [*(Node(f"node-{number}") for number in range(30)), Node("last", gate=gate)]
    with (
        FakeDify(workflow=steps) as fake,
        Terminal(fake, "run --stream", size=(12, 60)) as terminal,
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


COLOUR = r"\x1b\[[0-9;]*(3[0-7]|38|9[0-7])[;m]"


@pytest.mark.fake_dify(workflow=[Text(["Hello"])])
@pytest.mark.parametrize(
    ("piped", "environment", "shown", "never"),
    [
        (True, {}, "✓ LLM", "Hello\r\n$"),
        (False, {"NO_COLOR": "1"}, "✓ LLM", COLOUR),
        (False, {"TERM": "dumb"}, "LLM: succeeded", "\x1b"),
    ],
)
def test_what_a_terminal_can_and_wants_to_show(
    fake_dify: FakeDify, piped: bool, environment: dict[str, str], shown: str, never: str
) -> None:
    with Terminal(fake_dify, "run --stream", piped=piped, environment=environment) as terminal:
        assert terminal.wait() == 0
    assert shown in terminal.text
    assert re.search(never, terminal.raw) is None
    assert terminal.out == ("Hello\n" if piped else "")


@pytest.mark.fake_dify(workflow=[Text(["a\x1b[2Jb"])])
def test_what_a_run_gives_out_cannot_steer_the_terminal(fake_dify: FakeDify) -> None:
    with Terminal(fake_dify, "run") as terminal:
        assert terminal.wait() == 0
    assert terminal.raw.endswith("\x1b[2Ka\N{REPLACEMENT CHARACTER}[2Jb\r\n")
    assert "\x1b[2J" not in terminal.raw
    assert "running" in terminal.raw  # with a spinner until it ended


@pytest.mark.sample(1)
@pytest.mark.parametrize("option", ["--stream", "", "--json"])
def test_ctrl_c_stops_the_run(option: str) -> None:
    gate = Gate()
    with (
        FakeDify(workflow=[Node("slow", gate=gate)]) as fake,
        Terminal(fake, f"run {option}") as terminal,
    ):
        gate.wait(20)
        terminal.type("\x03")
        assert terminal.wait() == 130
        run = fake.runs[0]
        assert (run.stop_asked, run.status) == (True, "stopped")
        assert f"interrupted: run {run.id} is stopped" in terminal.text
        if option == "--json":
            error = json.loads(terminal.text.rpartition("^C")[2])["error"]
            assert (error["run_id"], error["task_id"]) == (run.id, run.task_id)


def test_ctrl_c_before_the_run_has_an_id() -> None:
    queue = Gate()
    with FakeDify(queue=queue) as fake, Terminal(fake, "run --stream") as terminal:
        queue.wait(20)
        terminal.answer([("● run", "\x03")])
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
        with Terminal(fake, f"watch {run.id}") as terminal:
            terminal.answer([("● slow", "\x03")])
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
        terminal.answer([("API key:", "app-secret-key\n")])
        assert terminal.wait() == 0
        assert "ok    key" in terminal.text
        assert "app-secret-key" not in terminal.raw


def test_a_form_is_shown_and_asked_for(tmp_path: Path) -> None:
    (file := tmp_path / "a.txt").write_text("a")
    fields = [
        FormInput("comment", default="fine"),
        FormInput("pick", "select", options=("r", "g")),
        FormInput("att", "file"),
        FormInput("atts", "file-list"),
    ]
    one, more = "att (path or URL): ", "atts (path or URL, empty for no more): "
    asking = HumanInput("ask", "Please **review** this", fields)
    with FakeDify(workflow=[asking]) as fake:
        with Terminal(fake, "run", piped=True) as terminal:
            assert terminal.wait() == 4
        form = f"form {fake.forms[0].token} --run {fake.runs[0].id}"
        assert f"dify-workflow {form}" in " ".join(terminal.text.split())
        with Terminal(fake, form) as terminal:
            terminal.answer([("comment [fine]: ", "\x03")])
            assert terminal.wait() == 130
        assert fake.forms
        with Terminal(fake, form, piped=True) as terminal:
            terminal.expect("Please **review** this")
            terminal.expect("[approve] Approve")
            terminal.answer([("comment [fine]:", "\n"), ("pick (r | g):", "blue\n")])
            terminal.answer([("one of r, g", "g\n"), (one, f"{tmp_path}/missing.txt\n")])
            terminal.answer([("no file /", ""), (one, f"{file}\n"), (more, f"{file}\n")])
            terminal.answer([(more, "https://example.com/b.png\n"), (more, "\n")])
            terminal.answer([("action (approve | reject):", "approve\n")])
            terminal.expect("answered: approve")
            assert terminal.wait() == 0
        answer = fake.runs[0].forms[0].answer
    assert answer is not None
    assert (answer[0], answer[1]["comment"], answer[1]["pick"]) == ("approve", "fine", "g")
    assert len(answer[1]["atts"]) == 2
    assert json.loads(terminal.out)["comment"] == "fine"


@pytest.mark.parametrize("command", ["params", "logs"])
def test_a_narrow_terminal_cuts_nothing(command: str) -> None:
    options = ["brief and to the point", "as long as it takes to say all of it"]
    form = [Input("text"), Input("style", "select", options=options, required=False)]
    with FakeDify(form=form) as fake:
        run = fake.add_run(status="failed", error="\x1b[2J" + "no " * 30)
        with Terminal(fake, command, size=(24, 60)) as terminal:
            assert terminal.wait() == 0
            lines = terminal.text.splitlines()
    assert max(map(len, lines)) <= 60
    assert "\x1b[2J" not in terminal.raw
    told = [run.id, "no " * 30] if command == "logs" else options
    shown = " ".join(" ".join(lines).split())
    assert all(one.strip() in shown for one in told)
