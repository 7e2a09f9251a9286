from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="WorkflowStartedData")


@_attrs_define
class WorkflowStartedData:
    """The run that begins.

    Attributes:
        id (str): Id of the run. Example: b190990d-7ed9-4752-8743-6d7d6b07c8c3.
        workflow_id (str): Id of the workflow version that runs. Example: 706abcef-cc54-47fd-bb7d-17df135b6447.
        inputs (Any): All inputs of the workflow by name, null where none was given, and the server's own `sys.files`,
            `sys.user_id`, `sys.app_id`, `sys.workflow_id`, `sys.workflow_run_id` (in a snapshot also `sys.timestamp`). Of a
            run that was refused before it ran, the inputs as they were given. Example: {'text': 'n', 'num': 1.5,
            'sys.files': [], 'sys.user_id': 'user-1'}.
        created_at (int): Start, or time of the resumption, unix seconds. Example: 1795335313.
        reason (str): `initial`, or `resumption` after a pause. Dify 1.13 and later. Example: initial.
        sequence_number (int | None): Number of the run in its app. Until Dify 1.4.1. Example: 58.
    """

    id: str
    workflow_id: str
    inputs: Any
    created_at: int
    reason: str
    sequence_number: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        workflow_id = self.workflow_id

        inputs = self.inputs

        created_at = self.created_at

        reason = self.reason

        sequence_number: int | None
        sequence_number = self.sequence_number

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "workflow_id": workflow_id,
                "inputs": inputs,
                "created_at": created_at,
                "reason": reason,
                "sequence_number": sequence_number,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = d.pop("id", None)

        workflow_id = d.pop("workflow_id", None)

        inputs = d.pop("inputs", None)

        created_at = d.pop("created_at", None)

        reason = d.pop("reason", None)

        sequence_number = cast(int | None, d.pop("sequence_number", None))

        workflow_started_data = cls(
            id=id,
            workflow_id=workflow_id,
            inputs=inputs,
            created_at=created_at,
            reason=reason,
            sequence_number=sequence_number,
        )

        workflow_started_data.additional_properties = d
        return workflow_started_data

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
