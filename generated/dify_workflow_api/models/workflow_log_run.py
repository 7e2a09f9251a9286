from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="WorkflowLogRun")


@_attrs_define
class WorkflowLogRun:
    """The run of a log entry. It has no inputs and outputs; GET /workflows/run/{workflow_run_id} has.

    Attributes:
        id (str): Id of the run. Example: 06582652-8fe5-4ff5-98f1-f0c5298569d5.
        version (str): Version of the workflow, the time of its publication as text. Example: 2026-11-22
            08:12:20.294169.
        status (str): `running`, `paused`, `succeeded`, `partial-succeeded`, `failed` or `stopped`. Example: succeeded.
        triggered_from (str): `app-run`, or another source of newer servers. Dify 1.9.2 and later. Example: app-run.
        error (None | str): Why the run failed; null if it did not. Example: Aborted: User requested stop.
        elapsed_time (float): Duration in seconds; 0.0 while running. Example: 0.065562.
        total_tokens (int): Tokens used by all nodes. Example: 0.
        total_steps (int): Nodes run. Example: 2.
        created_at (int): Start, unix seconds. Example: 1795336242.
        finished_at (int | None): End, unix seconds; null while running or paused. Example: 1795336242.
        exceptions_count (int): Nodes that failed, those with an error strategy included. Dify 0.14 and later. Example:
            0.
    """

    id: str
    version: str
    status: str
    triggered_from: str
    error: None | str
    elapsed_time: float
    total_tokens: int
    total_steps: int
    created_at: int
    finished_at: int | None
    exceptions_count: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        version = self.version

        status = self.status

        triggered_from = self.triggered_from

        error: None | str
        error = self.error

        elapsed_time = self.elapsed_time

        total_tokens = self.total_tokens

        total_steps = self.total_steps

        created_at = self.created_at

        finished_at: int | None
        finished_at = self.finished_at

        exceptions_count = self.exceptions_count

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "version": version,
                "status": status,
                "triggered_from": triggered_from,
                "error": error,
                "elapsed_time": elapsed_time,
                "total_tokens": total_tokens,
                "total_steps": total_steps,
                "created_at": created_at,
                "finished_at": finished_at,
                "exceptions_count": exceptions_count,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = d.pop("id", None)

        version = d.pop("version", None)

        status = d.pop("status", None)

        triggered_from = d.pop("triggered_from", None)

        error = cast(None | str, d.pop("error", None))

        elapsed_time = d.pop("elapsed_time", None)

        total_tokens = d.pop("total_tokens", None)

        total_steps = d.pop("total_steps", None)

        created_at = d.pop("created_at", None)

        finished_at = cast(int | None, d.pop("finished_at", None))

        exceptions_count = d.pop("exceptions_count", None)

        workflow_log_run = cls(
            id=id,
            version=version,
            status=status,
            triggered_from=triggered_from,
            error=error,
            elapsed_time=elapsed_time,
            total_tokens=total_tokens,
            total_steps=total_steps,
            created_at=created_at,
            finished_at=finished_at,
            exceptions_count=exceptions_count,
        )

        workflow_log_run.additional_properties = d
        return workflow_log_run

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
