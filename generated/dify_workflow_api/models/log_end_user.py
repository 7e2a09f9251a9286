from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="LogEndUser")


@_attrs_define
class LogEndUser:
    """An end user in the log.

    Attributes:
        id (str): Id of the end user. Example: 2a708d93-2924-4f7b-b64e-cd6369810a4d.
        type_ (str): `service-api` for users of the API. Example: service-api.
        is_anonymous (bool): Whether the request named no `user`. Example: False.
        session_id (str): The `user` of the request. Example: user-1.
    """

    id: str
    type_: str
    is_anonymous: bool
    session_id: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        type_ = self.type_

        is_anonymous = self.is_anonymous

        session_id = self.session_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "type": type_,
                "is_anonymous": is_anonymous,
                "session_id": session_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = d.pop("id", None)

        type_ = d.pop("type", None)

        is_anonymous = d.pop("is_anonymous", None)

        session_id = d.pop("session_id", None)

        log_end_user = cls(
            id=id,
            type_=type_,
            is_anonymous=is_anonymous,
            session_id=session_id,
        )

        log_end_user.additional_properties = d
        return log_end_user

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
