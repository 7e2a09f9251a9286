from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.pause_reason import PauseReason


T = TypeVar("T", bound="WorkflowPausedData")


@_attrs_define
class WorkflowPausedData:
    """State of a run that waits.

    Attributes:
        workflow_run_id (str): Id of the run. Example: b566f0b0-1d5a-4a57-92c7-f157a4460639.
        paused_nodes (list[str]): Ids of the nodes that wait. Example: ['ask2'].
        outputs (Any): Outputs so far; empty. Example: {}.
        reasons (list[PauseReason]): What the nodes wait for, each open form once more.
        status (str): `paused`. Example: paused.
        created_at (int): Start of the run, unix seconds. Example: 1795336323.
        elapsed_time (float): Duration in seconds so far; 0.0 in a snapshot. Example: 2.851793.
        total_tokens (int): Tokens used so far. Example: 0.
        total_steps (int): Nodes run so far. Example: 6.
    """

    workflow_run_id: str
    paused_nodes: list[str]
    outputs: Any
    reasons: list[PauseReason]
    status: str
    created_at: int
    elapsed_time: float
    total_tokens: int
    total_steps: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workflow_run_id = self.workflow_run_id

        paused_nodes = self.paused_nodes

        outputs = self.outputs

        reasons = []
        for reasons_item_data in self.reasons:
            reasons_item = reasons_item_data.to_dict()
            reasons.append(reasons_item)

        status = self.status

        created_at = self.created_at

        elapsed_time = self.elapsed_time

        total_tokens = self.total_tokens

        total_steps = self.total_steps

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "workflow_run_id": workflow_run_id,
                "paused_nodes": paused_nodes,
                "outputs": outputs,
                "reasons": reasons,
                "status": status,
                "created_at": created_at,
                "elapsed_time": elapsed_time,
                "total_tokens": total_tokens,
                "total_steps": total_steps,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.pause_reason import PauseReason  # noqa: PLC0415

        d = {**src_dict}
        workflow_run_id = d.pop("workflow_run_id", None)

        paused_nodes = cast(list[str], d.pop("paused_nodes", None))

        outputs = d.pop("outputs", None)

        reasons = []
        _reasons = d.pop("reasons", None)
        for reasons_item_data in _reasons:
            reasons_item = PauseReason.from_dict(reasons_item_data)

            reasons.append(reasons_item)

        status = d.pop("status", None)

        created_at = d.pop("created_at", None)

        elapsed_time = d.pop("elapsed_time", None)

        total_tokens = d.pop("total_tokens", None)

        total_steps = d.pop("total_steps", None)

        workflow_paused_data = cls(
            workflow_run_id=workflow_run_id,
            paused_nodes=paused_nodes,
            outputs=outputs,
            reasons=reasons,
            status=status,
            created_at=created_at,
            elapsed_time=elapsed_time,
            total_tokens=total_tokens,
            total_steps=total_steps,
        )

        workflow_paused_data.additional_properties = d
        return workflow_paused_data

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
