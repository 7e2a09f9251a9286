from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.blocking_run_data import BlockingRunData


T = TypeVar("T", bound="BlockingRunResult")


@_attrs_define
class BlockingRunResult:
    """A run that has ended or paused.

    Attributes:
        task_id (str): Id of the task, for POST /workflows/tasks/{task_id}/stop. Example:
            4745d34f-e03b-4f9d-b147-aabe3199d76d.
        workflow_run_id (str): Id of the run. Example: c8205b53-3e35-411f-ad87-3918b0b8d8a0.
        data (BlockingRunData): State and result of a blocking run.
        warnings (list[str] | None): What the server warns of, for people. Planned (Dify's pull request 36029), in no
            release yet. Example: ['The input lang is not used'].
    """

    task_id: str
    workflow_run_id: str
    data: BlockingRunData
    warnings: list[str] | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        task_id = self.task_id

        workflow_run_id = self.workflow_run_id

        data = self.data.to_dict()

        warnings: list[str] | None
        if isinstance(self.warnings, list):
            warnings = self.warnings

        else:
            warnings = self.warnings

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "task_id": task_id,
                "workflow_run_id": workflow_run_id,
                "data": data,
                "warnings": warnings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.blocking_run_data import BlockingRunData  # noqa: PLC0415

        d = {**src_dict}
        task_id = d.pop("task_id", None)

        workflow_run_id = d.pop("workflow_run_id", None)

        data = BlockingRunData.from_dict(d.pop("data", None))

        def _parse_warnings(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            warnings_type_0 = cast(list[str], data)

            return warnings_type_0

        warnings = _parse_warnings(d.pop("warnings", None))

        blocking_run_result = cls(
            task_id=task_id,
            workflow_run_id=workflow_run_id,
            data=data,
            warnings=warnings,
        )

        blocking_run_result.additional_properties = d
        return blocking_run_result

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
