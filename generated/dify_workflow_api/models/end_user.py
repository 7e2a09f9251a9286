from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="EndUser")


@_attrs_define
class EndUser:
    """An end user of the app.

    Attributes:
        id (str): Id of the end user. Example: 68b5161c-9a29-4d6e-82de-10223cf11418.
        tenant_id (str): Id of the workspace. Example: c1b9a3e8-22ef-4463-8d1a-15f4091b42d7.
        app_id (None | str): Id of the app. Example: db156e69-a754-4477-9452-82ca47b85dae.
        type_ (str): `service-api` for users of the API. Example: service-api.
        external_user_id (None | str): The `user` of the requests; `DEFAULT-USER` when they name none. Example: DEFAULT-
            USER.
        name (None | str): Name; null for users of the API. Example: Ann.
        is_anonymous (bool): Whether the requests named no `user`. Example: True.
        session_id (str): The `user` of the requests. Example: DEFAULT-USER.
        created_at (str): Time of the first request: ISO 8601 in UTC **without a zone**. Dify's published document says
            `date-time`, which needs one. Example: 2026-11-22T08:29:57.
        updated_at (str): Time of the last change, in the form of `created_at`. Example: 2026-11-22T08:29:57.
    """

    id: str
    tenant_id: str
    app_id: None | str
    type_: str
    external_user_id: None | str
    name: None | str
    is_anonymous: bool
    session_id: str
    created_at: str
    updated_at: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        tenant_id = self.tenant_id

        app_id: None | str
        app_id = self.app_id

        type_ = self.type_

        external_user_id: None | str
        external_user_id = self.external_user_id

        name: None | str
        name = self.name

        is_anonymous = self.is_anonymous

        session_id = self.session_id

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "tenant_id": tenant_id,
                "app_id": app_id,
                "type": type_,
                "external_user_id": external_user_id,
                "name": name,
                "is_anonymous": is_anonymous,
                "session_id": session_id,
                "created_at": created_at,
                "updated_at": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = d.pop("id", None)

        tenant_id = d.pop("tenant_id", None)

        app_id = cast(None | str, d.pop("app_id", None))

        type_ = d.pop("type", None)

        external_user_id = cast(None | str, d.pop("external_user_id", None))

        name = cast(None | str, d.pop("name", None))

        is_anonymous = d.pop("is_anonymous", None)

        session_id = d.pop("session_id", None)

        created_at = d.pop("created_at", None)

        updated_at = d.pop("updated_at", None)

        end_user = cls(
            id=id,
            tenant_id=tenant_id,
            app_id=app_id,
            type_=type_,
            external_user_id=external_user_id,
            name=name,
            is_anonymous=is_anonymous,
            session_id=session_id,
            created_at=created_at,
            updated_at=updated_at,
        )

        end_user.additional_properties = d
        return end_user

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
