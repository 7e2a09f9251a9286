from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.run_workflow_body_response_mode import (
    RunWorkflowBodyResponseMode,
    check_run_workflow_body_response_mode,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.input_file import InputFile


T = TypeVar("T", bound="RunWorkflowBody")


@_attrs_define
class RunWorkflowBody:
    """What to run the workflow with.

    Attributes:
        inputs (Any): Values of the workflow's inputs by variable name; GET /parameters tells names and types. Text
            inputs take strings, numbers numbers or numeric text, checkboxes booleans, json_object inputs objects, file
            inputs an `InputFile` and file-list inputs a list of them (Dify's published document says a list for both).
            Unknown names are dropped without a word, missing optional ones are null in the run. Example: {'text': 'n',
            'num': 1.5, 'flag': True}.
        user (str): The end user the run belongs to. Example: user-1.
        response_mode (RunWorkflowBodyResponseMode | Unset): How to answer: `streaming` with events at once, `blocking`
            with one JSON document at the end. Default: 'blocking'. Example: streaming.
        files (list[InputFile] | Unset): Files for the variable `sys.files`. Files for inputs of the workflow belong
            into `inputs`.
        trace_id (str | Unset): As the header `X-Trace-Id`, which counts if both are given. Dify 1.7 and later. Example:
            t-1.
        trace_session_id (str | Unset): As the header `X-Trace-Session-Id`, which counts if both are given. Dify 1.15
            and later. Example: s-1.
    """

    inputs: Any
    user: str
    response_mode: RunWorkflowBodyResponseMode | Unset = "blocking"
    files: list[InputFile] | Unset = UNSET
    trace_id: str | Unset = UNSET
    trace_session_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        inputs = self.inputs

        user = self.user

        response_mode: str | Unset = UNSET
        if not isinstance(self.response_mode, Unset):
            response_mode = self.response_mode

        files: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.files, Unset):
            files = []
            for files_item_data in self.files:
                files_item = files_item_data.to_dict()
                files.append(files_item)

        trace_id = self.trace_id

        trace_session_id = self.trace_session_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "inputs": inputs,
                "user": user,
            }
        )
        if response_mode is not UNSET:
            field_dict["response_mode"] = response_mode
        if files is not UNSET:
            field_dict["files"] = files
        if trace_id is not UNSET:
            field_dict["trace_id"] = trace_id
        if trace_session_id is not UNSET:
            field_dict["trace_session_id"] = trace_session_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.input_file import InputFile  # noqa: PLC0415

        d = {**src_dict}
        inputs = d.pop("inputs", None)

        user = d.pop("user", None)

        _response_mode = d.pop("response_mode", UNSET)
        response_mode: RunWorkflowBodyResponseMode | Unset
        if isinstance(_response_mode, Unset):
            response_mode = UNSET
        else:
            response_mode = check_run_workflow_body_response_mode(_response_mode)

        _files = d.pop("files", UNSET)
        files: list[InputFile] | Unset = UNSET
        if _files is not UNSET:
            files = []
            for files_item_data in _files:
                files_item = InputFile.from_dict(files_item_data)

                files.append(files_item)

        trace_id = d.pop("trace_id", UNSET)

        trace_session_id = d.pop("trace_session_id", UNSET)

        run_workflow_body = cls(
            inputs=inputs,
            user=user,
            response_mode=response_mode,
            files=files,
            trace_id=trace_id,
            trace_session_id=trace_session_id,
        )

        run_workflow_body.additional_properties = d
        return run_workflow_body

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
