"""The program `dify-workflow` in a process of its own, in a real terminal (a pty)."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from typing import Self

from fake_dify import FakeDify

# The terminal becomes the one that controls the process: Ctrl-C and hidden prompts need that.
PROGRAM = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from dify_workflow.cli import main
main()
"""
PATIENCE = 20.0  # s
LAST = 2000  # characters that a failure shows
CODES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])")


class Terminal:
    """A call of the program; `text` is all that the terminal was sent, without codes.

    piped: stdout is a pipe, and its content in `out` after the end.
    """

    def __init__(
        self,
        fake: FakeDify,
        *arguments: str,
        piped: bool = False,
        size: tuple[int, int] = (24, 100),
        environment: Mapping[str, str | None] | None = None,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        wanted = {
            **os.environ,
            "TERM": "xterm-256color",
            "DIFY_BASE_URL": fake.url,
            "DIFY_API_KEY": fake.api_key,
            "COLUMNS": None,
            "LINES": None,
            "NO_COLOR": None,
            **(environment or {}),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdin=slave,
            stdout=subprocess.PIPE if piped else slave,
            stderr=slave,
            env={name: value for name, value in wanted.items() if value is not None},
            start_new_session=True,
        )
        os.close(slave)
        self._piped = piped
        self._seen = 0
        self.raw = ""
        self.out = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
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

    def wait(self) -> int:
        """Read to the end; return the exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        if self._process.stdout is not None:
            self.out = self._process.stdout.read().decode()
        return self._process.wait(PATIENCE)

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
