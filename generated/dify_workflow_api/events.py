# Written by `make generate` from openapi/dify-workflow.yaml: do not edit.
"""Every event: its name, and what it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

# By name: the model, and the key of the event that holds it (None: the event itself is read).
EVENTS: dict[str, tuple[str, str | None]] = {
    "workflow_started": ("WorkflowStartedData", "data"),
    "workflow_finished": ("WorkflowFinishedData", "data"),
    "workflow_paused": ("WorkflowPausedData", "data"),
    "node_started": ("NodeStartedData", "data"),
    "node_finished": ("NodeFinishedData", "data"),
    "node_retry": ("NodeRetryData", "data"),
    "text_chunk": ("TextChunkData", "data"),
    "text_replace": ("TextReplaceData", "data"),
    "reasoning_chunk": ("ReasoningChunkData", "data"),
    "iteration_started": ("IterationStartedData", "data"),
    "iteration_next": ("IterationNextData", "data"),
    "iteration_completed": ("IterationCompletedData", "data"),
    "loop_started": ("LoopStartedData", "data"),
    "loop_next": ("LoopNextData", "data"),
    "loop_completed": ("LoopCompletedData", "data"),
    "agent_log": ("AgentLogData", "data"),
    "human_input_required": ("HumanInputRequiredData", "data"),
    "human_input_form_filled": ("HumanInputFormFilledData", "data"),
    "human_input_form_timeout": ("HumanInputFormTimeoutData", "data"),
    "tts_message": ("TtsMessageEvent", None),
    "tts_message_end": ("TtsMessageEndEvent", None),
    "error": ("ErrorEvent", None),
    "warning": ("WarningEvent", None),
    "parallel_branch_started": ("ParallelBranchStartedData", "data"),
    "parallel_branch_finished": ("ParallelBranchFinishedData", "data"),
}

# Those that a stream ends with.
TERMINAL: frozenset[str] = frozenset(["workflow_finished", "workflow_paused", "error"])

if TYPE_CHECKING:
    from typing import TypeAlias

    from .models import (
        AgentLogData,
        ErrorEvent,
        HumanInputFormFilledData,
        HumanInputFormTimeoutData,
        HumanInputRequiredData,
        IterationCompletedData,
        IterationNextData,
        IterationStartedData,
        LoopCompletedData,
        LoopNextData,
        LoopStartedData,
        NodeFinishedData,
        NodeRetryData,
        NodeStartedData,
        ParallelBranchFinishedData,
        ParallelBranchStartedData,
        ReasoningChunkData,
        TextChunkData,
        TextReplaceData,
        TtsMessageEndEvent,
        TtsMessageEvent,
        WarningEvent,
        WorkflowFinishedData,
        WorkflowPausedData,
        WorkflowStartedData,
    )

    # What an event carries: its payload, or the event itself where it has none.
    EventData: TypeAlias = (
        WorkflowStartedData
        | WorkflowFinishedData
        | WorkflowPausedData
        | NodeStartedData
        | NodeFinishedData
        | NodeRetryData
        | TextChunkData
        | TextReplaceData
        | ReasoningChunkData
        | IterationStartedData
        | IterationNextData
        | IterationCompletedData
        | LoopStartedData
        | LoopNextData
        | LoopCompletedData
        | AgentLogData
        | HumanInputRequiredData
        | HumanInputFormFilledData
        | HumanInputFormTimeoutData
        | TtsMessageEvent
        | TtsMessageEndEvent
        | ErrorEvent
        | WarningEvent
        | ParallelBranchStartedData
        | ParallelBranchFinishedData
    )
else:

    def __getattr__(name):
        if name != "EventData":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from typing import Union

        from . import models

        return Union[tuple(getattr(models, model) for model, _ in EVENTS.values())]
