from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="FormAction")


@_attrs_define
class FormAction:
    """A button of a form.

    Attributes:
        id (str): Value for `action` of the answer. Example: approve.
        title (str): Text on the button. Example: Approve.
        button_style (str): `primary`, `default`, `accent` or `ghost`. Example: primary.
    """

    id: str
    title: str
    button_style: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        title = self.title

        button_style = self.button_style

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "title": title,
                "button_style": button_style,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = d.pop("id", None)

        title = d.pop("title", None)

        button_style = d.pop("button_style", None)

        form_action = cls(
            id=id,
            title=title,
            button_style=button_style,
        )

        form_action.additional_properties = d
        return form_action

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
