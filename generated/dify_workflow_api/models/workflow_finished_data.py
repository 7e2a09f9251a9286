from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.created_by import CreatedBy
    from ..models.output_file import OutputFile


T = TypeVar("T", bound="WorkflowFinishedData")


@_attrs_define
class WorkflowFinishedData:
    """Result of a run.

    Attributes:
        id (str): Id of the run. Example: b190990d-7ed9-4752-8743-6d7d6b07c8c3.
        workflow_id (str): Id of the workflow version that ran. Example: 706abcef-cc54-47fd-bb7d-17df135b6447.
        status (str): `succeeded`, `partial-succeeded` (a node failed and its error strategy took over), `failed` or
            `stopped`. Until Dify 1.15 a stopped run may say `failed` with an error that begins with "Aborted". Example:
            succeeded.
        outputs (Any): Values of the workflow's End node by name; empty or null if the run did not get there. Example:
            {'text': 'tok0 tok1 tok2 tok3 tok4 tok5'}.
        error (None | str): Why the run failed; null or (Dify 1.4 to 1.9) empty if it did not. Example: Aborted: User
            requested stop.
        elapsed_time (float): Duration in seconds; after a pause that of the last leg. Example: 1.270515.
        total_tokens (int): Tokens used by all nodes. Example: 16.
        total_steps (int): Nodes run, retries included. Example: 3.
        created_by (CreatedBy): Who started a run; without any field in an end that the server made up.
        created_at (int): Start (after a pause the resumption), unix seconds. Example: 1795337346.
        finished_at (int | None): End, unix seconds. Example: 1795337348.
        exceptions_count (int | None): Nodes that failed, those with an error strategy included. Dify 0.14 and later.
            Example: 0.
        files (list[OutputFile] | None): The files among the outputs. Example: [].
        sequence_number (int | None): Number of the run in its app. Until Dify 1.4.1. Example: 58.
    """

    id: str
    workflow_id: str
    status: str
    outputs: Any
    error: None | str
    elapsed_time: float
    total_tokens: int
    total_steps: int
    created_by: CreatedBy
    created_at: int
    finished_at: int | None
    exceptions_count: int | None
    files: list[OutputFile] | None
    sequence_number: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        workflow_id = self.workflow_id

        status = self.status

        outputs = self.outputs

        error: None | str
        error = self.error

        elapsed_time = self.elapsed_time

        total_tokens = self.total_tokens

        total_steps = self.total_steps

        created_by = self.created_by.to_dict()

        created_at = self.created_at

        finished_at: int | None
        finished_at = self.finished_at

        exceptions_count: int | None
        exceptions_count = self.exceptions_count

        files: list[dict[str, Any]] | None
        if isinstance(self.files, list):
            files = []
            for files_type_0_item_data in self.files:
                files_type_0_item = files_type_0_item_data.to_dict()
                files.append(files_type_0_item)

        else:
            files = self.files

        sequence_number: int | None
        sequence_number = self.sequence_number

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "workflow_id": workflow_id,
                "status": status,
                "outputs": outputs,
                "error": error,
                "elapsed_time": elapsed_time,
                "total_tokens": total_tokens,
                "total_steps": total_steps,
                "created_by": created_by,
                "created_at": created_at,
                "finished_at": finished_at,
                "exceptions_count": exceptions_count,
                "files": files,
                "sequence_number": sequence_number,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.created_by import CreatedBy  # noqa: PLC0415
        from ..models.output_file import OutputFile  # noqa: PLC0415

        d = {**src_dict}
        id = d.pop("id", None)

        workflow_id = d.pop("workflow_id", None)

        status = d.pop("status", None)

        outputs = d.pop("outputs", None)

        error = cast(None | str, d.pop("error", None))

        elapsed_time = d.pop("elapsed_time", None)

        total_tokens = d.pop("total_tokens", None)

        total_steps = d.pop("total_steps", None)

        created_by = CreatedBy.from_dict(d.pop("created_by", None))

        created_at = d.pop("created_at", None)

        finished_at = cast(int | None, d.pop("finished_at", None))

        exceptions_count = cast(int | None, d.pop("exceptions_count", None))

        def _parse_files(data: object) -> list[OutputFile] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            files_type_0 = []
            _files_type_0 = data
            for files_type_0_item_data in _files_type_0:
                files_type_0_item = OutputFile.from_dict(files_type_0_item_data)

                files_type_0.append(files_type_0_item)

            return files_type_0

        files = _parse_files(d.pop("files", None))

        sequence_number = cast(int | None, d.pop("sequence_number", None))

        workflow_finished_data = cls(
            id=id,
            workflow_id=workflow_id,
            status=status,
            outputs=outputs,
            error=error,
            elapsed_time=elapsed_time,
            total_tokens=total_tokens,
            total_steps=total_steps,
            created_by=created_by,
            created_at=created_at,
            finished_at=finished_at,
            exceptions_count=exceptions_count,
            files=files,
            sequence_number=sequence_number,
        )

        workflow_finished_data.additional_properties = d
        return workflow_finished_data

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
