"""`dify-workflow generate`: a typed module for one workflow."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..clients import find_key, open_client, settings_of
from ..exits import Exit, Problem
from ..output import note, write
from ..profiles import Profile, load
from .changes import Change, Promises, changes, form_changes, form_of, promises_of

if TYPE_CHECKING:
    from ...exported import App, Input


def generate(
    context: typer.Context,
    app_file: Annotated[
        Path | None, typer.Argument(metavar="[APP.yml]", help="The app as exported from Dify.")
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="PATH", help="The module; - for stdout.")
    ] = "-",
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Of the function; by default that of the file."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if the app has changed.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the server.")] = False,
) -> None:
    """Write a typed module for one workflow: a function of its inputs, a class of its outputs.

    The exported app tells both. With an API key the published form is asked for besides, and both
    must agree: an export is the draft. With a key alone the outputs are a dict. --check passes what
    does no harm: a new optional input, a new option, another label.
    """
    to_file = output != "-"
    if check and not to_file:
        raise Problem("--check: the module to be checked is named by -o")
    app = _read(app_file) if app_file is not None else None
    published = None if offline else _published(context, needed=app is None)
    if app is None and published is None:
        raise Problem("a file of the exported app is needed, or an API key (without --offline)")
    if app is not None and published is not None:
        _refuse_differences(app.inputs, published)
    inputs = app.inputs if app is not None else published or ()
    path = Path(output)
    if check and app is None:
        _check_form(path, published or ())
        return
    stem = path.stem if to_file else app_file.stem if app_file is not None else ""
    source = _source(app, inputs, _function_name(name or stem, given=name is not None))
    if check:
        _check(path, source)
    elif to_file:
        path.write_bytes(source.encode())
        if app is None:
            note("outputs: dict[str, Any]; the server does not tell them, an exported app does")
    elif sys.stdout.isatty():
        write(source.removesuffix("\n"))
    else:
        sys.stdout.buffer.write(source.encode())


def _read(path: Path) -> App:
    from ...exported import NotAnApp, read_app

    try:
        app = read_app(path.read_bytes())
    except NotAnApp as error:
        raise Problem(f"{path}: {error}", Exit.INVALID) from None
    _warn(app.warnings)
    return app


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        note(f"warning: {warning}")


def _published(context: typer.Context, *, needed: bool) -> tuple[Input, ...] | None:
    """Fetch the published form; None where no key is at hand and none is needed."""
    from ...exported import inputs_of_form

    settings = settings_of(context)
    profile = load(settings.profile) if settings.profile else Profile()
    if not needed and find_key(settings, profile) is None:
        return None
    with open_client(context) as dify:
        form = dify.parameters().to_dict()["user_input_form"]
    inputs, warnings = inputs_of_form(form)
    _warn(warnings if needed else ())
    return inputs


def _refuse_differences(drafted: tuple[Input, ...], published: tuple[Input, ...]) -> None:
    found = list(form_changes(form_of(drafted), form_of(published)))
    if found:
        told = "; ".join(change.text for change in found)
        raise Problem(
            f"the file is not what is published: {told} (publish it, export it again, or use "
            "--offline)",
            Exit.INVALID,
        )


def _function_name(name: str, *, given: bool) -> str:
    from .module import RESERVED
    from .names import is_identifier

    name = unicodedata.normalize("NFKC", name)
    if not is_identifier(name) or name.startswith("__"):
        if not name:
            raise Problem("APP.yml or --name: one names the function, and none is given")
        what = "--name" if given else "--name is needed"
        raise Problem(f"{what}: {name!r} can be no function in Python")
    if name in RESERVED:
        raise Problem(f"--name: {name!r} means something else in the module; choose another")
    return name


def _source(app: App | None, inputs: tuple[Input, ...], name: str) -> str:
    from .module import render

    return render(app, inputs, name)


def _check(path: Path, source: str) -> None:
    """Compare a module with what would be written."""
    new = promises_of(source)
    assert new is not None
    _tell(path, list(changes(_promises(path), new)))


def _check_form(path: Path, published: tuple[Input, ...]) -> None:
    """Compare a module with the published form alone."""
    _tell(path, list(form_changes(_promises(path).form, form_of(published))))


def _promises(path: Path) -> Promises:
    try:
        found = promises_of(path.read_bytes().decode(errors="replace"))
    except FileNotFoundError:
        raise Problem(f"{path}: there is no such module yet", Exit.RUN_FAILED) from None
    if found is None:
        raise Problem(f"{path}: it was not written by generate", Exit.RUN_FAILED)
    return found


def _tell(path: Path, found: list[Change]) -> None:
    """Say what changed; raises `Problem` for what does harm."""
    for change in found:
        if change.harmless:
            note(f"{change.text} (harmless)")
    harm = [change.text for change in found if not change.harmless]
    if harm:
        raise Problem(f"{path}: the app has changed: {'; '.join(harm)}", Exit.RUN_FAILED)
