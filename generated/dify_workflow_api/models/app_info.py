from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AppInfo")


@_attrs_define
class AppInfo:
    """What the app is.

    Attributes:
        name (str): Name of the app. Example: echo.
        description (str): Description of the app. Example: lab app echo.
        tags (list[str]): Tags of the app. Dify 0.13 and later. Example: ['demo'].
        mode (str): `workflow` for apps that this API is for; else `advanced-chat`, `chat`, `agent-chat` or
            `completion`. Dify 1.4 and later. Example: workflow.
        author_name (None | str): Name of the member who made the app. Dify 1.4.3 and later. Example: lab.
    """

    name: str
    description: str
    tags: list[str]
    mode: str
    author_name: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        description = self.description

        tags = self.tags

        mode = self.mode

        author_name: None | str
        author_name = self.author_name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "description": description,
                "tags": tags,
                "mode": mode,
                "author_name": author_name,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        name = d.pop("name", None)

        description = d.pop("description", None)

        tags = cast(list[str], d.pop("tags", None))

        mode = d.pop("mode", None)

        author_name = cast(None | str, d.pop("author_name", None))

        app_info = cls(
            name=name,
            description=description,
            tags=tags,
            mode=mode,
            author_name=author_name,
        )

        app_info.additional_properties = d
        return app_info

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
