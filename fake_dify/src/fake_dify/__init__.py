"""A stand-in for a Dify server, for tests and first steps.

    from fake_dify import FakeDify, Text

    with FakeDify(workflow=[Text(["Hel", "lo"])]) as dify:
        ...  # dify.url, dify.api_key

The pytest fixture `fake_dify` gives a running one; `fake-dify serve` serves one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import End, Gate, NodeFailed, Step
    from .checks import ScriptError
    from .faults import Answer, Fault
    from .server import FakeDify
    from .state import App, FormInput, Input, Run
    from .steps.groups import Iteration, Loop, Parallel
    from .steps.human import HumanInput
    from .steps.nodes import Emit, Fail, Hang, Node, Partial, PipelineError, Retry, Sleep, Text

__all__ = ["Answer", "App", "Emit", "End", "Fail", "FakeDify", "Fault", "FormInput", "Gate", "Hang"]
__all__ += ["HumanInput", "Input", "Iteration", "Loop", "Node", "NodeFailed", "Parallel", "Partial"]
__all__ += ["PipelineError", "Retry", "Run", "ScriptError", "Sleep", "Step", "Text"]

_MODULES = "base checks faults state server steps.groups steps.human steps.nodes"


def __getattr__(name: str) -> Any:
    """Import on first use: every pytest loads this package for its fixture."""
    if name in __all__:
        for module in _MODULES.split():
            if hasattr(found := import_module(f"{__name__}.{module}"), name):
                return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
