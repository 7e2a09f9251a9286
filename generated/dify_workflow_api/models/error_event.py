from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ErrorEvent")


@_attrs_define
class ErrorEvent:
    """The run could not be started, or broke outside of its nodes. Until Dify 1.14 it is the last event although the
    server keeps the connection open. From 1.15 on a made-up `workflow_started` and `workflow_finished` follow it, and a
    run that has really begun may go on. Two forms were recorded: `message` and `status` 500 alone (until Dify 1.14,
    also for invalid inputs, which a blocking run refuses with 400), and `workflow_run_id` null, `code`, `status` and
    `message`. Dify's published document gives it the ids of run and task and says that the server closes the stream.

        Attributes:
            event (Literal['error']): Name of the event.
            code (None | str): Kind of the error, as in `Error`. Example: invalid_param.
            message (None | str): Text for people. Example: text is required in input form.
            status (int | None): The HTTP status that would have told it; 500 for all errors without `code`. Example: 500.
            workflow_run_id (None | str): Id of the run; null or absent when there is none. Example:
                b190990d-7ed9-4752-8743-6d7d6b07c8c3.
            task_id (None | str): Id of the task; no server was seen to send it. Example:
                93041195-45d9-4c1f-9e39-d419fe1f7a59.
    """

    event: Literal["error"]
    code: None | str
    message: None | str
    status: int | None
    workflow_run_id: None | str
    task_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        event = self.event

        code: None | str
        code = self.code

        message: None | str
        message = self.message

        status: int | None
        status = self.status

        workflow_run_id: None | str
        workflow_run_id = self.workflow_run_id

        task_id: None | str
        task_id = self.task_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "event": event,
                "code": code,
                "message": message,
                "status": status,
                "workflow_run_id": workflow_run_id,
                "task_id": task_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        event = cast(Literal["error"], d.pop("event", None))
        if event != "error":
            raise ValueError(f"event must match const 'error', got '{event}'")

        code = cast(None | str, d.pop("code", None))

        message = cast(None | str, d.pop("message", None))

        status = cast(int | None, d.pop("status", None))

        workflow_run_id = cast(None | str, d.pop("workflow_run_id", None))

        task_id = cast(None | str, d.pop("task_id", None))

        error_event = cls(
            event=event,
            code=code,
            message=message,
            status=status,
            workflow_run_id=workflow_run_id,
            task_id=task_id,
        )

        error_event.additional_properties = d
        return error_event

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
