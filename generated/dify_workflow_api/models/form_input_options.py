from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="FormInputOptions")


@_attrs_define
class FormInputOptions:
    """Where the choices of a field come from.

    Attributes:
        type_ (str): `constant` or `variable`. Example: constant.
        selector (list[str]): Node id and variable name; empty for constant choices. Example: ['pre', 'r'].
        value (list[str]): The choices. Example: ['red', 'green'].
    """

    type_: str
    selector: list[str]
    value: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_

        selector = self.selector

        value = self.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
                "selector": selector,
                "value": value,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        type_ = d.pop("type", None)

        selector = cast(list[str], d.pop("selector", None))

        value = cast(list[str], d.pop("value", None))

        form_input_options = cls(
            type_=type_,
            selector=selector,
            value=value,
        )

        form_input_options.additional_properties = d
        return form_input_options

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
