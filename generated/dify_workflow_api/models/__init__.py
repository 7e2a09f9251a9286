# Written by `make generate` from openapi/dify-workflow.yaml: do not edit.
"""Contains all the data models used in inputs/outputs"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .agent_log_data import AgentLogData
    from .agent_strategy import AgentStrategy
    from .app_info import AppInfo
    from .app_meta import AppMeta
    from .app_parameters import AppParameters
    from .app_site import AppSite
    from .audio_to_text_body import AudioToTextBody
    from .audio_transcript import AudioTranscript
    from .blocking_run_data import BlockingRunData
    from .blocking_run_result import BlockingRunResult
    from .created_by import CreatedBy
    from .end_user import EndUser
    from .error import Error
    from .error_event import ErrorEvent
    from .execution_metadata import ExecutionMetadata
    from .feature_switch import FeatureSwitch
    from .file_upload_body import FileUploadBody
    from .file_upload_settings import FileUploadSettings
    from .form_action import FormAction
    from .form_input import FormInput
    from .form_input_default import FormInputDefault
    from .form_input_options import FormInputOptions
    from .human_input_form import HumanInputForm
    from .human_input_form_filled_data import HumanInputFormFilledData
    from .human_input_form_timeout_data import HumanInputFormTimeoutData
    from .human_input_required_data import HumanInputRequiredData
    from .image_upload_settings import ImageUploadSettings
    from .input_file import InputFile
    from .input_file_transfer_method import InputFileTransferMethod
    from .input_file_type import InputFileType
    from .input_form_entry import InputFormEntry
    from .input_form_field import InputFormField
    from .iteration_completed_data import IterationCompletedData
    from .iteration_next_data import IterationNextData
    from .iteration_started_data import IterationStartedData
    from .list_workflow_logs_status import ListWorkflowLogsStatus
    from .log_account import LogAccount
    from .log_end_user import LogEndUser
    from .loop_completed_data import LoopCompletedData
    from .loop_next_data import LoopNextData
    from .loop_started_data import LoopStartedData
    from .node_finished_data import NodeFinishedData
    from .node_retry_data import NodeRetryData
    from .node_started_data import NodeStartedData
    from .output_file import OutputFile
    from .parallel_branch_finished_data import ParallelBranchFinishedData
    from .parallel_branch_started_data import ParallelBranchStartedData
    from .pause_reason import PauseReason
    from .reasoning_chunk_data import ReasoningChunkData
    from .run_workflow_body import RunWorkflowBody
    from .run_workflow_body_response_mode import RunWorkflowBodyResponseMode
    from .stop_result import StopResult
    from .stop_task_body import StopTaskBody
    from .submit_form_body import SubmitFormBody
    from .system_parameters import SystemParameters
    from .text_chunk_data import TextChunkData
    from .text_replace_data import TextReplaceData
    from .text_to_audio_body import TextToAudioBody
    from .text_to_speech_settings import TextToSpeechSettings
    from .tts_message_end_event import TtsMessageEndEvent
    from .tts_message_event import TtsMessageEvent
    from .uploaded_file import UploadedFile
    from .warning_event import WarningEvent
    from .workflow_finished_data import WorkflowFinishedData
    from .workflow_log_entry import WorkflowLogEntry
    from .workflow_log_page import WorkflowLogPage
    from .workflow_log_run import WorkflowLogRun
    from .workflow_paused_data import WorkflowPausedData
    from .workflow_run_detail import WorkflowRunDetail
    from .workflow_started_data import WorkflowStartedData
else:
    _MODULES = {
        "AgentLogData": "agent_log_data",
        "AgentStrategy": "agent_strategy",
        "AppInfo": "app_info",
        "AppMeta": "app_meta",
        "AppParameters": "app_parameters",
        "AppSite": "app_site",
        "AudioToTextBody": "audio_to_text_body",
        "AudioTranscript": "audio_transcript",
        "BlockingRunData": "blocking_run_data",
        "BlockingRunResult": "blocking_run_result",
        "CreatedBy": "created_by",
        "EndUser": "end_user",
        "Error": "error",
        "ErrorEvent": "error_event",
        "ExecutionMetadata": "execution_metadata",
        "FeatureSwitch": "feature_switch",
        "FileUploadBody": "file_upload_body",
        "FileUploadSettings": "file_upload_settings",
        "FormAction": "form_action",
        "FormInput": "form_input",
        "FormInputDefault": "form_input_default",
        "FormInputOptions": "form_input_options",
        "HumanInputForm": "human_input_form",
        "HumanInputFormFilledData": "human_input_form_filled_data",
        "HumanInputFormTimeoutData": "human_input_form_timeout_data",
        "HumanInputRequiredData": "human_input_required_data",
        "ImageUploadSettings": "image_upload_settings",
        "InputFile": "input_file",
        "InputFileTransferMethod": "input_file_transfer_method",
        "InputFileType": "input_file_type",
        "InputFormEntry": "input_form_entry",
        "InputFormField": "input_form_field",
        "IterationCompletedData": "iteration_completed_data",
        "IterationNextData": "iteration_next_data",
        "IterationStartedData": "iteration_started_data",
        "ListWorkflowLogsStatus": "list_workflow_logs_status",
        "LogAccount": "log_account",
        "LogEndUser": "log_end_user",
        "LoopCompletedData": "loop_completed_data",
        "LoopNextData": "loop_next_data",
        "LoopStartedData": "loop_started_data",
        "NodeFinishedData": "node_finished_data",
        "NodeRetryData": "node_retry_data",
        "NodeStartedData": "node_started_data",
        "OutputFile": "output_file",
        "ParallelBranchFinishedData": "parallel_branch_finished_data",
        "ParallelBranchStartedData": "parallel_branch_started_data",
        "PauseReason": "pause_reason",
        "ReasoningChunkData": "reasoning_chunk_data",
        "RunWorkflowBody": "run_workflow_body",
        "RunWorkflowBodyResponseMode": "run_workflow_body_response_mode",
        "StopResult": "stop_result",
        "StopTaskBody": "stop_task_body",
        "SubmitFormBody": "submit_form_body",
        "SystemParameters": "system_parameters",
        "TextChunkData": "text_chunk_data",
        "TextReplaceData": "text_replace_data",
        "TextToAudioBody": "text_to_audio_body",
        "TextToSpeechSettings": "text_to_speech_settings",
        "TtsMessageEndEvent": "tts_message_end_event",
        "TtsMessageEvent": "tts_message_event",
        "UploadedFile": "uploaded_file",
        "WarningEvent": "warning_event",
        "WorkflowFinishedData": "workflow_finished_data",
        "WorkflowLogEntry": "workflow_log_entry",
        "WorkflowLogPage": "workflow_log_page",
        "WorkflowLogRun": "workflow_log_run",
        "WorkflowPausedData": "workflow_paused_data",
        "WorkflowRunDetail": "workflow_run_detail",
        "WorkflowStartedData": "workflow_started_data",
    }

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted(__all__)


__all__ = (
    "AgentLogData",
    "AgentStrategy",
    "AppInfo",
    "AppMeta",
    "AppParameters",
    "AppSite",
    "AudioToTextBody",
    "AudioTranscript",
    "BlockingRunData",
    "BlockingRunResult",
    "CreatedBy",
    "EndUser",
    "Error",
    "ErrorEvent",
    "ExecutionMetadata",
    "FeatureSwitch",
    "FileUploadBody",
    "FileUploadSettings",
    "FormAction",
    "FormInput",
    "FormInputDefault",
    "FormInputOptions",
    "HumanInputForm",
    "HumanInputFormFilledData",
    "HumanInputFormTimeoutData",
    "HumanInputRequiredData",
    "ImageUploadSettings",
    "InputFile",
    "InputFileTransferMethod",
    "InputFileType",
    "InputFormEntry",
    "InputFormField",
    "IterationCompletedData",
    "IterationNextData",
    "IterationStartedData",
    "ListWorkflowLogsStatus",
    "LogAccount",
    "LogEndUser",
    "LoopCompletedData",
    "LoopNextData",
    "LoopStartedData",
    "NodeFinishedData",
    "NodeRetryData",
    "NodeStartedData",
    "OutputFile",
    "ParallelBranchFinishedData",
    "ParallelBranchStartedData",
    "PauseReason",
    "ReasoningChunkData",
    "RunWorkflowBody",
    "RunWorkflowBodyResponseMode",
    "StopResult",
    "StopTaskBody",
    "SubmitFormBody",
    "SystemParameters",
    "TextChunkData",
    "TextReplaceData",
    "TextToAudioBody",
    "TextToSpeechSettings",
    "TtsMessageEndEvent",
    "TtsMessageEvent",
    "UploadedFile",
    "WarningEvent",
    "WorkflowFinishedData",
    "WorkflowLogEntry",
    "WorkflowLogPage",
    "WorkflowLogRun",
    "WorkflowPausedData",
    "WorkflowRunDetail",
    "WorkflowStartedData",
)
