"""Whether everything is in place to run the workflow, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from .. import errors
from ..versions import CAPABILITIES, QUEUES_RUNS, Version
from .clients import open_client
from .exits import Exit, Problem, exit_code_of
from .output import as_json, write

if TYPE_CHECKING:
    from .. import DifyWorkflow

OLDEST = Version(0, 15, 3)


@attrs.frozen
class Check:
    """One line: what was looked at, what was found, what to do (or ""), and the exit code.

    A check that is not `ok` and has `Exit.OK` is a hint.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""
    exit_code: Exit = Exit.OK


def doctor(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="One check a line, as JSON.")] = False,
) -> None:
    """Check the settings, the app and the server.

    Each line says what to do where something is not right; the exit code is that of the first one.
    """
    worst = Exit.OK
    for check in checks(context):
        worst = worst or check.exit_code
        if json:
            write(as_json({**attrs.asdict(check), "exit_code": int(check.exit_code)}))
        else:
            write(_line(check))
    raise typer.Exit(int(worst))


def checks(context: typer.Context) -> Iterator[Check]:
    """Look at one thing after the other, as long as that makes sense."""
    try:
        client = open_client(context)
    except Problem as problem:
        name = "key" if problem.exit_code is Exit.DENIED else "settings"
        yield Check(name, False, str(problem), "", problem.exit_code)
        return
    with client as dify:
        yield Check("base URL", True, dify.base_url)
        fine = True
        for check in _server(dify):
            fine = fine and check.ok
            yield check
        if fine:
            yield _published(dify)
            yield from _features(dify)


def _server(dify: DifyWorkflow) -> Iterator[Check]:
    try:
        info = dify.app_info()
    except errors.APIError as error:
        yield _refused(error)
        return
    except errors.DifyError as error:
        advice = "is the base URL right, is the server up, is there a proxy between?"
        yield Check("connection", False, str(error), advice, Exit.SERVER)
        return
    yield Check("key", True, f"accepted, of the app {info.name!r}")
    mode = info.mode
    if mode in (None, "workflow"):
        yield Check("app mode", True, mode or "not told by this server")
    else:
        advice = "use the key of a Workflow app; this client runs no other"
        yield Check("app mode", False, str(mode), advice, Exit.SERVER)


def _refused(error: errors.APIError) -> Check:
    said, code = str(error), exit_code_of(error)
    if isinstance(error, errors.AuthenticationError):
        advice = "copy the key from the app's page API Access in Dify"
        return Check("key", False, said, advice, code)
    if isinstance(error, errors.PermissionDenied):
        return Check("key", False, said, "switch the app's API service on in Dify", code)
    if isinstance(error, errors.RouteNotFound | errors.RedirectRefused | errors.UnreadableAnswer):
        return Check("base URL", False, said, "it must be the root of Dify's API", code)
    return Check("server", False, said, "see the server's log, or try again later", code)


def _published(dify: DifyWorkflow) -> Check:
    try:
        form = dify.parameters().user_input_form
    except errors.AppUnavailable as error:
        return Check("published", False, str(error), "publish the app in Dify", Exit.SERVER)
    except errors.DifyError as error:
        return Check("published", False, str(error), "see the server's log", exit_code_of(error))
    return Check("published", True, f"yes, with {len(form)} inputs (dify-workflow params)")


def _features(dify: DifyWorkflow) -> Iterator[Check]:
    version = dify.server_version
    if version is None:
        yield Check("version", False, "not told", "a proxy may drop X-Version; taken as current")
    elif version < OLDEST:
        yield Check("version", False, str(version), f"tested from {OLDEST} on: update the server")
    else:
        yield Check("version", True, str(version))
    for each in CAPABILITIES:
        if each is not QUEUES_RUNS:  # a way of working, not a feature
            has = each.on(version)
            advice = "" if has else f"needs Dify {each.since} or later"
            yield Check(each.what.replace("`", ""), has, "yes" if has else "no", advice)


def _line(check: Check) -> str:
    mark = "ok  " if check.ok else "FAIL" if check.exit_code else "no  "
    advice = f" -> {check.advice}" if check.advice else ""
    return " ".join(f"{mark}  {check.name}: {check.found}{advice}".split("\n"))
