"""A stand-in for a Dify server, for tests and first steps.

    from fake_dify import FakeDify, Text

    with FakeDify(workflow=[Text(["Hel", "lo"])]) as dify:
        ...  # dify.url, dify.api_key

The pytest fixture `fake_dify` gives a running one; `fake-dify serve` serves one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .faults import Answer, Fault
    from .gate import Gate
    from .groups import Iteration, Loop, Parallel
    from .human import FormInput, HumanInput
    from .mishaps import Emit, Hang, PipelineError
    from .server import FakeDify
    from .state import App, Input, Run
    from .steps import (
        End,
        Fail,
        Node,
        NodeFailed,
        Partial,
        Retry,
        Sleep,
        Step,
        Text,
    )

__all__ = [
    "Answer",
    "App",
    "Emit",
    "End",
    "Fail",
    "FakeDify",
    "Fault",
    "FormInput",
    "Gate",
    "Hang",
    "HumanInput",
    "Input",
    "Iteration",
    "Loop",
    "Node",
    "NodeFailed",
    "Parallel",
    "Partial",
    "PipelineError",
    "Retry",
    "Run",
    "Sleep",
    "Step",
    "Text",
]

_PLACES = {
    "faults": ("Answer", "Fault"),
    "gate": ("Gate",),
    "groups": ("Iteration", "Loop", "Parallel"),
    "human": ("FormInput", "HumanInput"),
    "mishaps": ("Emit", "Hang", "PipelineError"),
    "server": ("FakeDify",),
    "state": ("App", "Input", "Run"),
}


def __getattr__(name: str) -> Any:
    """Import on first use: every pytest loads this package for its fixture."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    place = next((module for module, names in _PLACES.items() if name in names), "steps")
    return getattr(import_module(f"{__name__}.{place}"), name)
