from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.workflow_finished_data import WorkflowFinishedData


T = TypeVar("T", bound="WorkflowFinishedEvent")


@_attrs_define
class WorkflowFinishedEvent:
    """The run has ended, if `created_by` is not empty. Nothing follows but, for apps that speak, the last `tts_message`s.

    Attributes:
        workflow_run_id (str): Id of the run. Example: b190990d-7ed9-4752-8743-6d7d6b07c8c3.
        task_id (str): Id of the task, for POST /workflows/tasks/{task_id}/stop. In events replayed as a snapshot, in
            the one event of a finished run and in a start and an end that the server made up, it is the run id instead.
            Example: 93041195-45d9-4c1f-9e39-d419fe1f7a59.
        event (Literal['workflow_finished']): Name of the event.
        data (WorkflowFinishedData): Result of a run.
    """

    workflow_run_id: str
    task_id: str
    event: Literal["workflow_finished"]
    data: WorkflowFinishedData
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workflow_run_id = self.workflow_run_id

        task_id = self.task_id

        event = self.event

        data = self.data.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "workflow_run_id": workflow_run_id,
                "task_id": task_id,
                "event": event,
                "data": data,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.workflow_finished_data import WorkflowFinishedData  # noqa: PLC0415

        d = dict(src_dict)
        workflow_run_id = d.pop("workflow_run_id")

        task_id = d.pop("task_id")

        event = cast(Literal["workflow_finished"], d.pop("event"))
        if event != "workflow_finished":
            raise ValueError(f"event must match const 'workflow_finished', got '{event}'")

        data = WorkflowFinishedData.from_dict(d.pop("data"))

        workflow_finished_event = cls(
            workflow_run_id=workflow_run_id,
            task_id=task_id,
            event=event,
            data=data,
        )

        workflow_finished_event.additional_properties = d
        return workflow_finished_event

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
