from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ReasoningChunkData")


@_attrs_define
class ReasoningChunkData:
    """A piece of reasoning.

    Attributes:
        message_id (None | str): Id of a message of a chat app; null for workflows. Example:
            5ad4cb98-f0c7-4085-b384-88c403be6290.
        reasoning (str): The text. Example: First I look at.
        node_id (None | str): Id of the LLM node. Example: llm.
        is_final (bool): Whether this is the last piece of the node. Example: False.
    """

    message_id: None | str
    reasoning: str
    node_id: None | str
    is_final: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        message_id: None | str
        message_id = self.message_id

        reasoning = self.reasoning

        node_id: None | str
        node_id = self.node_id

        is_final = self.is_final

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "message_id": message_id,
                "reasoning": reasoning,
                "node_id": node_id,
                "is_final": is_final,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        message_id = cast(None | str, d.pop("message_id", None))

        reasoning = d.pop("reasoning", None)

        node_id = cast(None | str, d.pop("node_id", None))

        is_final = d.pop("is_final", None)

        reasoning_chunk_data = cls(
            message_id=message_id,
            reasoning=reasoning,
            node_id=node_id,
            is_final=is_final,
        )

        reasoning_chunk_data.additional_properties = d
        return reasoning_chunk_data

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
