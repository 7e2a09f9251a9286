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
    from ..models.agent_log_data import AgentLogData


T = TypeVar("T", bound="AgentLogEvent")


@_attrs_define
class AgentLogEvent:
    """A step of an agent node. Steps form a tree by `parent_id` and are sent again when their status changes. Dify 1.0 and
    later.

        Attributes:
            workflow_run_id (str): Id of the run. Example: b190990d-7ed9-4752-8743-6d7d6b07c8c3.
            task_id (str): Id of the task, for POST /workflows/tasks/{task_id}/stop. In events replayed as a snapshot, in
                the one event of a finished run and in a start and an end that the server made up, it is the run id instead.
                Example: 93041195-45d9-4c1f-9e39-d419fe1f7a59.
            event (Literal['agent_log']): Name of the event.
            data (AgentLogData): A step of an agent.
    """

    workflow_run_id: str
    task_id: str
    event: Literal["agent_log"]
    data: AgentLogData
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
        from ..models.agent_log_data import AgentLogData  # noqa: PLC0415

        d = dict(src_dict)
        workflow_run_id = d.pop("workflow_run_id")

        task_id = d.pop("task_id")

        event = cast(Literal["agent_log"], d.pop("event"))
        if event != "agent_log":
            raise ValueError(f"event must match const 'agent_log', got '{event}'")

        data = AgentLogData.from_dict(d.pop("data"))

        agent_log_event = cls(
            workflow_run_id=workflow_run_id,
            task_id=task_id,
            event=event,
            data=data,
        )

        agent_log_event.additional_properties = d
        return agent_log_event

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
