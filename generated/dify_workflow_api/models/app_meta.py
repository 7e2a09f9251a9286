from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AppMeta")


@_attrs_define
class AppMeta:
    """Icons of the app's tools.

    Attributes:
        tool_icons (Any): By name of the tool its icon, an address or an object with `background` and `content` (an
            emoji). Example: {'dalle2': 'https://dify.example.com/icons/dalle2.png', 'api_tool': {'background': '#252525',
            'content': '😁'}}.
    """

    tool_icons: Any
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        tool_icons = self.tool_icons

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "tool_icons": tool_icons,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        tool_icons = d.pop("tool_icons", None)

        app_meta = cls(
            tool_icons=tool_icons,
        )

        app_meta.additional_properties = d
        return app_meta

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
