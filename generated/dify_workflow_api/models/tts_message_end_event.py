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

T = TypeVar("T", bound="TtsMessageEndEvent")


@_attrs_define
class TtsMessageEndEvent:
    """The speech is over. It comes after `workflow_finished`.

    Attributes:
        workflow_run_id (str): Id of the run. Example: b190990d-7ed9-4752-8743-6d7d6b07c8c3.
        task_id (str): Id of the task, for POST /workflows/tasks/{task_id}/stop. In events replayed as a snapshot, in
            the one event of a finished run and in a start and an end that the server made up, it is the run id instead.
            Example: 93041195-45d9-4c1f-9e39-d419fe1f7a59.
        event (Literal['tts_message_end']): Name of the event.
        audio (str): Empty.
    """

    workflow_run_id: str
    task_id: str
    event: Literal["tts_message_end"]
    audio: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workflow_run_id = self.workflow_run_id

        task_id = self.task_id

        event = self.event

        audio = self.audio

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "workflow_run_id": workflow_run_id,
                "task_id": task_id,
                "event": event,
                "audio": audio,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        workflow_run_id = d.pop("workflow_run_id", None)

        task_id = d.pop("task_id", None)

        event = cast(Literal["tts_message_end"], d.pop("event", None))
        if event != "tts_message_end":
            raise ValueError(f"event must match const 'tts_message_end', got '{event}'")

        audio = d.pop("audio", None)

        tts_message_end_event = cls(
            workflow_run_id=workflow_run_id,
            task_id=task_id,
            event=event,
            audio=audio,
        )

        tts_message_end_event.additional_properties = d
        return tts_message_end_event

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
