from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ImageUploadSettings")


@_attrs_define
class ImageUploadSettings:
    """Images that may be given besides the inputs.

    Attributes:
        enabled (bool): Whether images are meant to be given. Example: False.
        number_limits (int | None): Greatest number of images. Example: 3.
        transfer_methods (list[str] | None): Ways allowed, as in `InputFile.transfer_method`. Example: ['local_file',
            'remote_url'].
    """

    enabled: bool
    number_limits: int | None
    transfer_methods: list[str] | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        enabled = self.enabled

        number_limits: int | None
        number_limits = self.number_limits

        transfer_methods: list[str] | None
        if isinstance(self.transfer_methods, list):
            transfer_methods = self.transfer_methods

        else:
            transfer_methods = self.transfer_methods

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "enabled": enabled,
                "number_limits": number_limits,
                "transfer_methods": transfer_methods,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        enabled = d.pop("enabled", None)

        number_limits = cast(int | None, d.pop("number_limits", None))

        def _parse_transfer_methods(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            transfer_methods_type_0 = cast(list[str], data)

            return transfer_methods_type_0

        transfer_methods = _parse_transfer_methods(d.pop("transfer_methods", None))

        image_upload_settings = cls(
            enabled=enabled,
            number_limits=number_limits,
            transfer_methods=transfer_methods,
        )

        image_upload_settings.additional_properties = d
        return image_upload_settings

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
