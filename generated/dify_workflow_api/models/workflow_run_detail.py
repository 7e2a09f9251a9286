from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="WorkflowRunDetail")


@_attrs_define
class WorkflowRunDetail:
    """One run.

    Attributes:
        id (str): Id of the run. Example: f8bcabe8-8982-4c56-9c29-9743d07a0b89.
        workflow_id (str): Id of the workflow version that ran. Example: 10b39352-80e3-47e7-8ad7-a462cc441b23.
        status (str): `running`, `paused`, `succeeded`, `partial-succeeded`, `failed` or `stopped`. A run whose worker
            died, and until Dify 1.14 some stopped runs, say `running` for ever. Example: failed.
        inputs (None | str): The inputs as **JSON text**, the server's own `sys.` variables included. Example: {"text":
            "x", "sys.files": [], "sys.user_id": "user-1"}.
        outputs (Any): Values of the workflow's End node by name; empty until the run has ended and when it failed.
            Servers up to 1.12 send JSON text or null. Example: {'text': 'n'}.
        error (None | str): Why the run failed; null if it did not. Example: Aborted: User requested stop.
        total_steps (int): Nodes run; 0 while the run is running. Example: 2.
        total_tokens (int): Tokens used by all nodes. Example: 0.
        created_at (int): Start, unix seconds. Servers up to 1.1 send text, "Sun, 22 Nov 2026 09:15:42 -0000". Example:
            1795336125.
        finished_at (int | None): End, unix seconds; null while running or paused. Example: 1795336126.
        elapsed_time (float | None): Duration in seconds, after a pause that of the last leg; 0.0 while running.
            Example: 0.251387.
    """

    id: str
    workflow_id: str
    status: str
    inputs: None | str
    outputs: Any
    error: None | str
    total_steps: int
    total_tokens: int
    created_at: int
    finished_at: int | None
    elapsed_time: float | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        workflow_id = self.workflow_id

        status = self.status

        inputs: None | str
        inputs = self.inputs

        outputs = self.outputs

        error: None | str
        error = self.error

        total_steps = self.total_steps

        total_tokens = self.total_tokens

        created_at = self.created_at

        finished_at: int | None
        finished_at = self.finished_at

        elapsed_time: float | None
        elapsed_time = self.elapsed_time

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "workflow_id": workflow_id,
                "status": status,
                "inputs": inputs,
                "outputs": outputs,
                "error": error,
                "total_steps": total_steps,
                "total_tokens": total_tokens,
                "created_at": created_at,
                "finished_at": finished_at,
                "elapsed_time": elapsed_time,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = d.pop("id", None)

        workflow_id = d.pop("workflow_id", None)

        status = d.pop("status", None)

        inputs = cast(None | str, d.pop("inputs", None))

        outputs = d.pop("outputs", None)

        error = cast(None | str, d.pop("error", None))

        total_steps = d.pop("total_steps", None)

        total_tokens = d.pop("total_tokens", None)

        created_at = d.pop("created_at", None)

        finished_at = cast(int | None, d.pop("finished_at", None))

        elapsed_time = cast(float | None, d.pop("elapsed_time", None))

        workflow_run_detail = cls(
            id=id,
            workflow_id=workflow_id,
            status=status,
            inputs=inputs,
            outputs=outputs,
            error=error,
            total_steps=total_steps,
            total_tokens=total_tokens,
            created_at=created_at,
            finished_at=finished_at,
            elapsed_time=elapsed_time,
        )

        workflow_run_detail.additional_properties = d
        return workflow_run_detail

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
