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

T = TypeVar("T", bound="WarningEvent")


@_attrs_define
class WarningEvent:
    """The server warns of something in the request. It comes first, without ids, and is no sign that a run has begun.
    Planned (Dify's pull request 36029), in no release yet.

        Attributes:
            event (Literal['warning']): Name of the event.
            warning (str): Text for people. Example: The input lang is not used.
    """

    event: Literal["warning"]
    warning: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        event = self.event

        warning = self.warning

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "event": event,
                "warning": warning,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        event = cast(Literal["warning"], d.pop("event", None))
        if event != "warning":
            raise ValueError(f"event must match const 'warning', got '{event}'")

        warning = d.pop("warning", None)

        warning_event = cls(
            event=event,
            warning=warning,
        )

        warning_event.additional_properties = d
        return warning_event

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
