"""A form as text, and its questions in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .exits import Problem
from .inputs import as_file
from .output import clean, note
from .state_commands import local_time

if TYPE_CHECKING:
    from dify_workflow_api.models import FormInput

    from .. import WorkflowForm


def shown(form: WorkflowForm) -> str:
    """Return a form as text."""
    lines = [form.content, ""]
    for field in form.inputs:
        name = field.output_variable_name
        about = [field.type_, " | ".join(_options(field))]
        if name in form.defaults:
            about.append(f"default: {form.defaults[name]}")
        lines.append(f"  {name} ({', '.join(filter(None, about))})")
    for action in form.actions:
        lines.append(f"  [{action.id}] {action.title}")
    if form.expires_at:
        lines.append(f"  until {local_time(form.expires_at)}")
    return "\n".join(lines)


def ask(form: WorkflowForm, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Ask for what is not given yet, and for the action; return both."""
    answers = dict(given)
    for field in form.inputs:
        name = field.output_variable_name
        if name not in answers:
            answers[name] = _answer(field, form.defaults.get(name))
    actions = [str(action.id) for action in form.actions]
    return _one_of("action", actions, actions[0] if len(actions) == 1 else None), answers


def _answer(field: FormInput, default: str | None) -> Any:
    name = clean(field.output_variable_name)
    match field.type_:
        case "select" if _options(field):
            return _one_of(name, _options(field), default)
        case "file":
            return _file(f"{name} (path or URL)")
        case "file-list":
            files = []
            while place := _text(f"{name} (path or URL, empty for no more)", ""):
                try:
                    files.append(as_file(place, name))
                except Problem as problem:
                    note(str(problem))
            return files
    return _text(name, default)


def _file(question: str) -> Any:
    while True:
        try:
            return as_file(_text(question, None), question)
        except Problem as problem:
            note(str(problem))


def _one_of(name: str, choices: list[str], default: str | None) -> str:
    question = f"{name} ({' | '.join(map(clean, choices))})"
    while (chosen := _text(question, default)) not in choices:
        note(f"one of {', '.join(choices)}")
    return chosen


def _text(question: str, default: str | None) -> str:
    """Ask on stderr, so that stdout holds the result alone; raises `EOFError` (Ctrl-D)."""
    hint = f" [{clean(default)}]" if default else ""
    while True:
        sys.stderr.write(f"{question}{hint}: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        answer = line.rstrip("\r\n")
        if answer or default is not None:
            return answer or default or ""


def _options(field: FormInput) -> list[str]:
    options = getattr(field.option_source, "value", None)
    return list(map(str, options)) if isinstance(options, list) else []
