# Written by `python generator/generate.py` from openapi/dify-workflow.yaml: do not edit.
"""Every event: name, its model, and the model of its `data` if any."""

from __future__ import annotations

from typing import TYPE_CHECKING

EVENTS: dict[str, tuple[str, str | None]] = {
    "workflow_started": ("WorkflowStartedEvent", "WorkflowStartedData"),
    "workflow_finished": ("WorkflowFinishedEvent", "WorkflowFinishedData"),
    "workflow_paused": ("WorkflowPausedEvent", "WorkflowPausedData"),
    "node_started": ("NodeStartedEvent", "NodeStartedData"),
    "node_finished": ("NodeFinishedEvent", "NodeFinishedData"),
    "node_retry": ("NodeRetryEvent", "NodeRetryData"),
    "text_chunk": ("TextChunkEvent", "TextChunkData"),
    "text_replace": ("TextReplaceEvent", "TextReplaceData"),
    "reasoning_chunk": ("ReasoningChunkEvent", "ReasoningChunkData"),
    "iteration_started": ("IterationStartedEvent", "IterationStartedData"),
    "iteration_next": ("IterationNextEvent", "IterationNextData"),
    "iteration_completed": ("IterationCompletedEvent", "IterationCompletedData"),
    "loop_started": ("LoopStartedEvent", "LoopStartedData"),
    "loop_next": ("LoopNextEvent", "LoopNextData"),
    "loop_completed": ("LoopCompletedEvent", "LoopCompletedData"),
    "agent_log": ("AgentLogEvent", "AgentLogData"),
    "human_input_required": ("HumanInputRequiredEvent", "HumanInputRequiredData"),
    "human_input_form_filled": ("HumanInputFormFilledEvent", "HumanInputFormFilledData"),
    "human_input_form_timeout": ("HumanInputFormTimeoutEvent", "HumanInputFormTimeoutData"),
    "tts_message": ("TtsMessageEvent", None),
    "tts_message_end": ("TtsMessageEndEvent", None),
    "error": ("ErrorEvent", None),
    "warning": ("WarningEvent", None),
    "parallel_branch_started": ("ParallelBranchStartedEvent", "ParallelBranchStartedData"),
    "parallel_branch_finished": ("ParallelBranchFinishedEvent", "ParallelBranchFinishedData"),
}

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

        return Union[tuple(getattr(models, data or event) for event, data in EVENTS.values())]
