"""The program: its global options, its commands, and what becomes of errors."""

from __future__ import annotations

import os
import shlex
import sys
from copy import copy
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from .. import DifyError, InvalidArgument, __version__
from .app_commands import params, upload
from .batch_command import batch
from .clients import Settings, settings_of
from .doctor_command import doctor
from .exits import MEANINGS, Exit, Problem
from .form_command import form
from .generate.command import generate
from .inputs import seconds
from .log_command import logs
from .record_command import record
from .reporting import report
from .run_commands import run, start, watch
from .serve_command import serve
from .state_commands import info, stop

_CODES = "\n".join(f"{code:>4}  {meaning}" for code, meaning in MEANINGS.items())
# \b keeps the lines of the help as they are.
EPILOG = f"""\b
Each setting is an option, else from the profile, else from the environment (DIFY_BASE_URL,
DIFY_API_KEY, DIFY_USER). The API key is never an option, since others could see it.

\b
Exit codes:
{_CODES}"""


class Program(TyperGroup):
    """The commands; errors become one line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except (DifyError, Problem) as error:
            raise typer.Exit(report(error, as_json=as_json, key=settings_of(ctx).key)) from error
        except (KeyboardInterrupt, EOFError, typer.Abort):
            interrupted = Problem("interrupted", Exit.INTERRUPTED)
            raise typer.Exit(report(interrupted, as_json=as_json, key=None)) from None
        except BrokenPipeError:  # whoever read our output has left, as `head` does
            _drop_stdout()
            raise typer.Exit(141) from None  # as a program that SIGPIPE ends
        except OSError as error:  # a file, or a full disk
            where = "" if error.filename is None else f"{error.filename}: "
            told = Problem(f"{where}{error.strerror or error}")
            code = report(told, as_json=as_json, key=settings_of(ctx).key)
            try:
                sys.stdout.flush()
            except OSError:
                _drop_stdout()
            raise typer.Exit(code) from None


def _drop_stdout() -> None:
    """Let what could not be written go, lest Python tries again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Command(TyperCommand):
    """A command, which takes the global options too; of these its help shows --user alone."""

    def get_params(self, ctx: Any) -> list[Any]:
        *own, helping = super().get_params(ctx)
        taken = {one.name for one in own} | {"version"}
        every = [] if ctx.parent is None else ctx.parent.command.params
        return [*own, *(_of_command(one) for one in every if one.name not in taken), helping]

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except InvalidArgument as error:  # of an option's value: told by the option's name
            for one in self.params:
                option = one.param_type_name == "option" and one.name == error.field
                if option and ctx.get_parameter_source(one.name).name == "COMMANDLINE":
                    told = str(error).replace(str(one.name), max(one.opts, key=len), 1)
                    raise Problem(told) from error
            raise

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = [one for one in args if "=" in one and not one.startswith("-")]
        try:
            return super().parse_args(ctx, args)
        except Exception as error:  # typer's own UsageError, which it does not export
            if given and "extra argument" in str(getattr(error, "message", "")):
                told = f"Got unexpected {given[0]!r}; inputs: -i {shlex.quote(given[0])}"
                raise Problem(told) from None
            raise


def _not_empty(value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise typer.BadParameter("it is empty")
    return value


def _of_command(option: Any) -> Any:
    """Return a global option as one of a command, which sets the same."""

    def given(ctx: Any, _: Any, value: Any) -> None:
        if value is not None:
            checked = value if option.callback is None else option.callback(ctx, option, value)
            setattr(settings_of(ctx), option.name, checked)

    mine = copy(option)
    mine.callback, mine.expose_value, mine.hidden = given, False, option.name != "user"
    return mine


app: typer.Typer = typer.Typer(
    cls=Program,
    epilog=EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,  # plain help, which needs no rich
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def settings(
    context: typer.Context,
    base_url: Annotated[
        str | None, typer.Option(help="The API's root, with or without /v1.", metavar="URL")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(help="Whom runs and files belong to.", metavar="ID", callback=_not_empty),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Settings of this name in config.toml.", metavar="NAME")
    ] = None,
    api_key_file: Annotated[
        Path | None, typer.Option(help="A file with the API key alone.", metavar="PATH")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(parser=seconds, help="Seconds for one request.", metavar="SECONDS"),
    ] = None,
    max_retries: Annotated[
        int | None, typer.Option(min=0, help="How often a request is tried again.", metavar="N")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Run and watch Dify workflow apps."""
    context.obj = Settings(
        base_url=base_url,
        user=user,
        profile=profile,
        api_key_file=api_key_file,
        timeout=timeout,
        max_retries=max_retries,
    )


COMMANDS = (
    *(run, start, watch, info, stop, logs, params, upload, form, batch, generate),
    *(doctor, serve, record),
)
PASSED_ON: dict[str, Any] = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}
for _command in COMMANDS:
    if _command is serve:  # its options are those of `fake-dify serve`
        app.command("serve", context_settings=PASSED_ON)(_command)
    else:
        app.command(_command.__name__, cls=Command)(_command)
