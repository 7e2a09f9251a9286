"""The pytest plugin of the checks: their fixture, and what they report in the end."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from dify_workflow import DifyError

from . import apps
from .session import Live

SERVER = pytest.StashKey[Live]()
SKIPPED: dict[str, str] = {}
NOT_RUN: list[str] = []


def pytest_sessionstart(session: pytest.Session) -> None:
    """Meet the server; end it all when it cannot be used."""
    try:
        apps.check()
        session.config.stash[SERVER] = Live()
    except (DifyError, apps.Misconfigured) as error:
        pytest.exit(f"no checks were run: {error}", returncode=2)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Give a check no more time than is left for all of them."""
    left = item.config.stash[SERVER].time_left
    item.add_marker(pytest.mark.timeout(max(min(apps.LONGEST + 60, left), 1)))
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what there is no time for."""
    if not item.config.stash[SERVER].time_left:
        NOT_RUN.append(_name(item.nodeid))
        pytest.skip("there is no time left")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was not run did not pass."""
    if NOT_RUN and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def live(pytestconfig: pytest.Config) -> Generator[Live]:
    """Give the server; all that it answers is looked at."""
    server = pytestconfig.stash[SERVER]
    with pytest.MonkeyPatch.context() as patch:
        server.traffic.tap(patch)
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Fail a check when an answer was not what the contract says."""
    try:
        return (yield)
    finally:
        problems = pyfuncitem.config.stash[SERVER].traffic.taken()
        if problems:
            pytest.fail("not what the contract says:\n  " + "\n  ".join(problems), pytrace=False)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    name = _name(report.nodeid)
    if report.skipped and isinstance(report.longrepr, tuple) and name not in NOT_RUN:
        SKIPPED[name] = report.longrepr[2].removeprefix("Skipped: ")


def _name(nodeid: str) -> str:
    return nodeid.rpartition("/")[2]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was skipped, what not run, and what the contract does not name."""
    server = config.stash.get(SERVER, None)
    if server is None:
        return
    write = terminalreporter.write_line
    version = f"Dify {server.version}" if server.version else "a Dify of unknown version"
    write(f"\nserver: {version} at {server.base_url.host}, app {server.app_name!r}")
    for finding in server.traffic.findings:
        write(f"finding: {finding}")
    for name, reason in SKIPPED.items():
        write(f"skipped: {name}: {reason}")
    for name in NOT_RUN:
        write(f"not run: {name}: the {apps.deadline():g} s of {apps.DEADLINE} were over")
