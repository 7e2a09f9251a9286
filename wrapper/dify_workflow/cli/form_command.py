"""Answering the form of a paused run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import FormClosed
from .clients import open_client, settings_of
from .exits import Problem
from .following import finish, follow
from .inputs import FileOption, InputOption, InputsOption, collect
from .output import as_json, note, write, write_json
from .questions import ask, shown
from .views import view_of

if TYPE_CHECKING:
    from .. import DifyWorkflow, WorkflowForm


def form(
    context: typer.Context,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="As the paused `run` prints it.")],
    button: Annotated[
        str | None,
        typer.Option("--action", metavar="ID", help="The button to press; nothing is asked then."),
    ] = None,
    input: InputOption = None,
    inputs: InputsOption = None,
    file: FileOption = None,
    run: Annotated[
        str | None,
        typer.Option(metavar="RUN_ID", help="Follow this run on, to its next pause or its end."),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Show the form, answer nothing.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="JSON; with --run one event a line.")
    ] = False,
) -> None:
    """Show the form that a paused run waits for, and answer it.

    The answers are asked for in a terminal, or come by --action and -i; what is not given with -i
    has the form's default. To follow the run on, the user (--user) must be the one that it was
    started with. Dify 1.14 and later.

    Of several forms of a run, answer one with --run, and the next when that has ended: answers that
    are sent together can lose the run. With --run, a form that is closed already is no error.
    """
    with open_client(context) as dify:
        if show:
            asked = dify.form(token)
            write_json(from_form(asked)) if json else write(shown(asked))
            return
        given = collect(input, inputs, file)
        try:
            pressed = _answer(dify, token, button, given)
        except FormClosed as closed:
            if run is None:
                raise
            note(f"{closed}; following run {run}")  # it goes on, by somebody else's answer
        else:
            note(f"answered: {pressed}")
            if run is None:
                if json:
                    write_json({"form_token": token, "action": pressed})
                else:
                    note("before another form of its run: the same command with --run RUN_ID")
                return
        events = dify.resume(run, read_ahead=True)
        response = follow(events, view_of(streamed=True, as_json=json), ours=False)
    finish(response, settings_of(context), as_json=json, written=True)


def _answer(dify: DifyWorkflow, token: str, action: str | None, given: dict[str, Any]) -> str:
    """Answer a form, by what is given or by asking; return the action."""
    asked = dify.form(token)
    if action is None:
        if not sys.stdin.isatty():
            raise Problem(f"--action: needed where nobody can be asked; one of {_actions(asked)}")
        note(shown(asked))
        action, given = ask(asked, given)
    dify.submit_form(asked, action=action, inputs={**asked.defaults, **given})
    return action


def from_form(form: WorkflowForm) -> dict[str, Any]:
    """Return a form as one JSON object."""
    return {
        "token": form.token,
        "content": form.content,
        "inputs": [field.to_dict() for field in form.inputs],
        "defaults": dict(form.defaults),
        "actions": [action.to_dict() for action in form.actions],
        "expires_at": form.expires_at,
    }


def _actions(form: WorkflowForm) -> str:
    return ", ".join(as_json(action.id) for action in form.actions)
