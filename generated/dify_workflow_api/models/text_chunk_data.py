from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="TextChunkData")


@_attrs_define
class TextChunkData:
    """A piece of text.

    Attributes:
        text (str): The text; it may be empty. Example: tok0 .
        from_variable_selector (list[str] | None): Node id and variable name the text comes from. The separators come
            from the End node. Dify 0.8.2 and later. Example: ['llm', 'text'].
    """

    text: str
    from_variable_selector: list[str] | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        from_variable_selector: list[str] | None
        if isinstance(self.from_variable_selector, list):
            from_variable_selector = self.from_variable_selector

        else:
            from_variable_selector = self.from_variable_selector

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "text": text,
                "from_variable_selector": from_variable_selector,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        text = d.pop("text", None)

        def _parse_from_variable_selector(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            from_variable_selector_type_0 = cast(list[str], data)

            return from_variable_selector_type_0

        from_variable_selector = _parse_from_variable_selector(
            d.pop("from_variable_selector", None)
        )

        text_chunk_data = cls(
            text=text,
            from_variable_selector=from_variable_selector,
        )

        text_chunk_data.additional_properties = d
        return text_chunk_data

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
