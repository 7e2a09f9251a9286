from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="HumanInputFormTimeoutData")


@_attrs_define
class HumanInputFormTimeoutData:
    """A form whose time is over.

    Attributes:
        node_id (str): Id of the node that waited. Example: ask.
        node_title (str): Title of the node that waited. Example: ask.
        expiration_time (int): When the form closed, unix seconds. Example: 1795336523.
    """

    node_id: str
    node_title: str
    expiration_time: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        node_id = self.node_id

        node_title = self.node_title

        expiration_time = self.expiration_time

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "node_id": node_id,
                "node_title": node_title,
                "expiration_time": expiration_time,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        node_id = d.pop("node_id", None)

        node_title = d.pop("node_title", None)

        expiration_time = d.pop("expiration_time", None)

        human_input_form_timeout_data = cls(
            node_id=node_id,
            node_title=node_title,
            expiration_time=expiration_time,
        )

        human_input_form_timeout_data.additional_properties = d
        return human_input_form_timeout_data

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
