from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CreatedBy")


@_attrs_define
class CreatedBy:
    """Who started a run; without any field in an end that the server made up.

    Attributes:
        id (None | str): Id of the end user, for GET /end-users/{end_user_id}, or of the member of the workspace. Absent
            in an end that the server made up. Example: e63a7658-9b02-4028-882a-a6043c616b28.
        user (None | str): The `user` of the request. Absent when a member of the workspace started the run. Example:
            user-1.
        name (None | str): Name of the member of the workspace. Absent for runs over the API. Example: lab.
        email (None | str): E-mail address of the member of the workspace. Absent for runs over the API. Example:
            lab@example.com.
    """

    id: None | str
    user: None | str
    name: None | str
    email: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id: None | str
        id = self.id

        user: None | str
        user = self.user

        name: None | str
        name = self.name

        email: None | str
        email = self.email

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "user": user,
                "name": name,
                "email": email,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = cast(None | str, d.pop("id", None))

        user = cast(None | str, d.pop("user", None))

        name = cast(None | str, d.pop("name", None))

        email = cast(None | str, d.pop("email", None))

        created_by = cls(
            id=id,
            user=user,
            name=name,
            email=email,
        )

        created_by.additional_properties = d
        return created_by

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
