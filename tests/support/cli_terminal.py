"""The program `dify-workflow` in a process of its own, in a real terminal (a pty)."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterable, Mapping
from multiprocessing.connection import Connection
from typing import Self

from cli_calls import server
from dify_workflow.cli import main
from fake_dify import FakeDify
from fork_server import warm_context

PATIENCE = 20.0  # s
LAST = 2000  # characters that a failure shows
CODES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])")


def run(
    ready: Connection, paths: list[str], arguments: list[str], environment: dict[str, str]
) -> None:
    """Run the program in a terminal that controls it: Ctrl-C and hidden prompts need that."""
    os.setsid()
    for number, path in enumerate(paths):  # of stdin, stdout, stderr
        os.dup2(os.open(path, os.O_RDWR), number)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    ready.send("ready")
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["dify-workflow", *arguments]
    main()


class Terminal:
    """A call of the program; `text` is all that the terminal was sent, without codes.

    piped: stdout is a file, and its content in `out` after the end.
    """

    def __init__(
        self,
        fake: FakeDify,
        line: str,
        *more: str,
        piped: bool = False,
        size: tuple[int, int] = (24, 100),
        environment: Mapping[str, str | None] | None = None,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        unset = dict.fromkeys(("COLUMNS", "LINES", "NO_COLOR"))
        wanted = {**os.environ, **server(fake), "TERM": "xterm-256color", **unset}
        wanted |= environment or {}
        kept = {name: value for name, value in wanted.items() if value is not None}
        self._out, file = tempfile.mkstemp()
        tty = os.ttyname(slave)
        paths = [tty, file if piped else tty, tty]
        context = warm_context()
        ours, theirs = context.Pipe()
        arguments = [*shlex.split(line), *more]
        self._process = context.Process(target=run, args=(theirs, paths, arguments, kept))
        self._process.start()
        assert ours.recv() == "ready"
        os.close(slave)
        os.unlink(file)
        self._seen = 0
        self.raw = ""
        self.out = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        os.close(self._out)
        os.close(self._master)

    @property
    def text(self) -> str:
        return CODES.sub("", self.raw).replace("\r\n", "\n")

    def expect(self, what: str) -> None:
        """Wait until the terminal shows a text that was not waited for before."""
        end = time.monotonic() + PATIENCE
        while (at := self.text.find(what, self._seen)) < 0:
            if time.monotonic() > end or not self._read(end):
                raise AssertionError(f"{what!r} was not shown, only {self.text[-LAST:]!r}")
        self._seen = at + len(what)

    def type(self, text: str) -> None:
        """Type something; "\\x03" is Ctrl-C."""
        os.write(self._master, text.encode())

    def answer(self, dialogue: Iterable[tuple[str, str]]) -> None:
        """Wait for each text, and type what is said to it."""
        for shown, typed in dialogue:
            self.expect(shown)
            self.type(typed)

    def wait(self) -> int | None:
        """Read to the end; return the exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        self._process.join(PATIENCE)
        self.out = os.pread(self._out, os.fstat(self._out).st_size, 0).decode()
        return self._process.exitcode

    def _read(self, end: float) -> bool:
        """Take what is shown next; False when there is no more."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            raise AssertionError(f"nothing more was shown in time, only {self.text[-LAST:]!r}")
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody has the terminal open any more
            return False
        self.raw += data.decode("utf-8", "replace")
        return bool(data)
