from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.pause_reason import PauseReason


T = TypeVar("T", bound="BlockingRunData")


@_attrs_define
class BlockingRunData:
    """State and result of a blocking run.

    Attributes:
        id (str): Id of the run. Example: c8205b53-3e35-411f-ad87-3918b0b8d8a0.
        workflow_id (str): Id of the workflow version that ran. Example: f29051b5-8e4e-4a2e-b272-a6b031d951fc.
        status (str): `succeeded`, `partial-succeeded`, `failed`, `stopped` or `paused`. Example: succeeded.
        outputs (Any): Values of the workflow's End node by name; empty (until Dify 1.1 null) if it did not get there.
            Example: {'text': 'tok0 tok1 tok2 tok3'}.
        error (None | str): Why the run failed; null or (Dify 1.4 to 1.9) empty if it did not. Example: the fake model
            fell over.
        elapsed_time (float): Duration in seconds; after a pause that of the last leg. Example: 0.478024.
        total_tokens (int): Tokens used by all nodes. Example: 14.
        total_steps (int): Nodes run, retries included. Example: 3.
        created_at (int): Start, unix seconds. Example: 1795336701.
        finished_at (int | None): End, unix seconds; null when paused. Example: 1795336701.
        paused_nodes (list[str] | None): Ids of the nodes that wait. Only when paused. Dify 1.14 and later. Example:
            ['ask'].
        reasons (list[PauseReason] | None): What the nodes wait for. Only when paused. Dify 1.14 and later.
    """

    id: str
    workflow_id: str
    status: str
    outputs: Any
    error: None | str
    elapsed_time: float
    total_tokens: int
    total_steps: int
    created_at: int
    finished_at: int | None
    paused_nodes: list[str] | None
    reasons: list[PauseReason] | None
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

        created_at = self.created_at

        finished_at: int | None
        finished_at = self.finished_at

        paused_nodes: list[str] | None
        if isinstance(self.paused_nodes, list):
            paused_nodes = self.paused_nodes

        else:
            paused_nodes = self.paused_nodes

        reasons: list[dict[str, Any]] | None
        if isinstance(self.reasons, list):
            reasons = []
            for reasons_type_0_item_data in self.reasons:
                reasons_type_0_item = reasons_type_0_item_data.to_dict()
                reasons.append(reasons_type_0_item)

        else:
            reasons = self.reasons

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
                "created_at": created_at,
                "finished_at": finished_at,
                "paused_nodes": paused_nodes,
                "reasons": reasons,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.pause_reason import PauseReason  # noqa: PLC0415

        d = {**src_dict}
        id = d.pop("id", None)

        workflow_id = d.pop("workflow_id", None)

        status = d.pop("status", None)

        outputs = d.pop("outputs", None)

        error = cast(None | str, d.pop("error", None))

        elapsed_time = d.pop("elapsed_time", None)

        total_tokens = d.pop("total_tokens", None)

        total_steps = d.pop("total_steps", None)

        created_at = d.pop("created_at", None)

        finished_at = cast(int | None, d.pop("finished_at", None))

        def _parse_paused_nodes(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            paused_nodes_type_0 = cast(list[str], data)

            return paused_nodes_type_0

        paused_nodes = _parse_paused_nodes(d.pop("paused_nodes", None))

        def _parse_reasons(data: object) -> list[PauseReason] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            reasons_type_0 = []
            _reasons_type_0 = data
            for reasons_type_0_item_data in _reasons_type_0:
                reasons_type_0_item = PauseReason.from_dict(reasons_type_0_item_data)

                reasons_type_0.append(reasons_type_0_item)

            return reasons_type_0

        reasons = _parse_reasons(d.pop("reasons", None))

        blocking_run_data = cls(
            id=id,
            workflow_id=workflow_id,
            status=status,
            outputs=outputs,
            error=error,
            elapsed_time=elapsed_time,
            total_tokens=total_tokens,
            total_steps=total_steps,
            created_at=created_at,
            finished_at=finished_at,
            paused_nodes=paused_nodes,
            reasons=reasons,
        )

        blocking_run_data.additional_properties = d
        return blocking_run_data

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
