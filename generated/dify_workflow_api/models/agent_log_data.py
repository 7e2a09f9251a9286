from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AgentLogData")


@_attrs_define
class AgentLogData:
    """A step of an agent.

    Attributes:
        node_execution_id (str): Id of the agent node; equal to `node_id`. Example: agent.
        id (str): Id of the step. Example: r1.
        label (str): Name of the step. Example: ROUND 1.
        parent_id (None | str): Id of the step around it. Example: r1.
        error (None | str): Why the step failed. Example: tool failed.
        status (str): `start`, `success` or `error`. Example: start.
        data (Any): Values of the step; the strategy decides which. Example: {'output': 'tool result'}.
        metadata (Any): Times, usage and icons of the step; the strategy decides which. Example: {'elapsed_time': 0.2,
            'provider': 'fake'}.
        node_id (str): Id of the agent node. Dify 1.0.1 and later. Example: agent.
    """

    node_execution_id: str
    id: str
    label: str
    parent_id: None | str
    error: None | str
    status: str
    data: Any
    metadata: Any
    node_id: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        node_execution_id = self.node_execution_id

        id = self.id

        label = self.label

        parent_id: None | str
        parent_id = self.parent_id

        error: None | str
        error = self.error

        status = self.status

        data = self.data

        metadata = self.metadata

        node_id = self.node_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "node_execution_id": node_execution_id,
                "id": id,
                "label": label,
                "parent_id": parent_id,
                "error": error,
                "status": status,
                "data": data,
                "metadata": metadata,
                "node_id": node_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        node_execution_id = d.pop("node_execution_id", None)

        id = d.pop("id", None)

        label = d.pop("label", None)

        parent_id = cast(None | str, d.pop("parent_id", None))

        error = cast(None | str, d.pop("error", None))

        status = d.pop("status", None)

        data = d.pop("data", None)

        metadata = d.pop("metadata", None)

        node_id = d.pop("node_id", None)

        agent_log_data = cls(
            node_execution_id=node_execution_id,
            id=id,
            label=label,
            parent_id=parent_id,
            error=error,
            status=status,
            data=data,
            metadata=metadata,
            node_id=node_id,
        )

        agent_log_data.additional_properties = d
        return agent_log_data

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
