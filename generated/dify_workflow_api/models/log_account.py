from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="LogAccount")


@_attrs_define
class LogAccount:
    """A member of the workspace.

    Attributes:
        id (str): Id of the account. Example: 0e2a1b8e-6b76-4a0e-9d3e-6f3a8f0f4a11.
        name (str): Name of the account. Example: lab.
        email (str): E-mail address, as the log filter `created_by_account` takes it. Example: lab@example.com.
    """

    id: str
    name: str
    email: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        email = self.email

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "email": email,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = d.pop("id", None)

        name = d.pop("name", None)

        email = d.pop("email", None)

        log_account = cls(
            id=id,
            name=name,
            email=email,
        )

        log_account.additional_properties = d
        return log_account

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
