"""How errors are told: one line on stderr, or one JSON object with `--json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .exits import Problem, details_of, exit_code_of
from .output import note

if TYPE_CHECKING:
    from .. import Secret


def report(error: Exception, *, as_json: bool, key: Secret | None) -> int:
    """Tell of an error; return the exit code."""
    code = exit_code_of(error)
    text = " ".join(str(error).split()) or type(error).__name__
    kind = "Problem" if isinstance(error, Problem) else type(error).__name__
    if as_json:
        told = {"type": kind, "message": text, "exit_code": int(code), **details_of(error)}
        line = json.dumps({"error": told})
    else:
        line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
        line = f"dify-workflow: {line}"
    if key:
        line = line.replace(key.reveal(), "***")
    try:
        note(line)
    except OSError:
        pass  # nobody listens any more: the exit code still tells
    return code
