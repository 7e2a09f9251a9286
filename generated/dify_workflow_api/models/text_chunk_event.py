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
    from ..models.text_chunk_data import TextChunkData


T = TypeVar("T", bound="TextChunkEvent")


@_attrs_define
class TextChunkEvent:
    """A piece of the text of an output. From Dify 1.9 on every variable of the End node is sent as text, in the order of
    the End node, with a chunk `"\\n"` between two; before, only the text of models is. The pieces need not add up to
    `outputs`, which alone count.

        Attributes:
            workflow_run_id (str): Id of the run. Example: b190990d-7ed9-4752-8743-6d7d6b07c8c3.
            task_id (str): Id of the task, for POST /workflows/tasks/{task_id}/stop. In events replayed as a snapshot, in
                the one event of a finished run and in a start and an end that the server made up, it is the run id instead.
                Example: 93041195-45d9-4c1f-9e39-d419fe1f7a59.
            event (Literal['text_chunk']): Name of the event.
            data (TextChunkData): A piece of text.
    """

    workflow_run_id: str
    task_id: str
    event: Literal["text_chunk"]
    data: TextChunkData
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
        from ..models.text_chunk_data import TextChunkData  # noqa: PLC0415

        d = dict(src_dict)
        workflow_run_id = d.pop("workflow_run_id")

        task_id = d.pop("task_id")

        event = cast(Literal["text_chunk"], d.pop("event"))
        if event != "text_chunk":
            raise ValueError(f"event must match const 'text_chunk', got '{event}'")

        data = TextChunkData.from_dict(d.pop("data"))

        text_chunk_event = cls(
            workflow_run_id=workflow_run_id,
            task_id=task_id,
            event=event,
            data=data,
        )

        text_chunk_event.additional_properties = d
        return text_chunk_event

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
