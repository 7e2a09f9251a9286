from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.image_upload_settings import ImageUploadSettings


T = TypeVar("T", bound="FileUploadSettings")


@_attrs_define
class FileUploadSettings:
    """Files that may be given besides the inputs. An app that never set this sends `image` only.

    Attributes:
        enabled (bool | None): Whether files are meant to be given. Example: False.
        allowed_file_types (list[str] | None): Kinds of files allowed, as in `InputFile.type`. Example: ['image'].
        allowed_file_extensions (list[str] | None): Extensions allowed for the kind `custom`. Example: ['.JPG', '.PNG'].
        allowed_file_upload_methods (list[str] | None): Ways allowed, as in `InputFile.transfer_method`. Example:
            ['local_file', 'remote_url'].
        image (ImageUploadSettings): Images that may be given besides the inputs.
        number_limits (int | None): Greatest number of files. Example: 3.
    """

    enabled: bool | None
    allowed_file_types: list[str] | None
    allowed_file_extensions: list[str] | None
    allowed_file_upload_methods: list[str] | None
    image: ImageUploadSettings
    number_limits: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        enabled: bool | None
        enabled = self.enabled

        allowed_file_types: list[str] | None
        if isinstance(self.allowed_file_types, list):
            allowed_file_types = self.allowed_file_types

        else:
            allowed_file_types = self.allowed_file_types

        allowed_file_extensions: list[str] | None
        if isinstance(self.allowed_file_extensions, list):
            allowed_file_extensions = self.allowed_file_extensions

        else:
            allowed_file_extensions = self.allowed_file_extensions

        allowed_file_upload_methods: list[str] | None
        if isinstance(self.allowed_file_upload_methods, list):
            allowed_file_upload_methods = self.allowed_file_upload_methods

        else:
            allowed_file_upload_methods = self.allowed_file_upload_methods

        image = self.image.to_dict()

        number_limits: int | None
        number_limits = self.number_limits

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "enabled": enabled,
                "allowed_file_types": allowed_file_types,
                "allowed_file_extensions": allowed_file_extensions,
                "allowed_file_upload_methods": allowed_file_upload_methods,
                "image": image,
                "number_limits": number_limits,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.image_upload_settings import ImageUploadSettings  # noqa: PLC0415

        d = {**src_dict}
        enabled = cast(bool | None, d.pop("enabled", None))

        def _parse_allowed_file_types(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            allowed_file_types_type_0 = cast(list[str], data)

            return allowed_file_types_type_0

        allowed_file_types = _parse_allowed_file_types(d.pop("allowed_file_types", None))

        def _parse_allowed_file_extensions(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            allowed_file_extensions_type_0 = cast(list[str], data)

            return allowed_file_extensions_type_0

        allowed_file_extensions = _parse_allowed_file_extensions(
            d.pop("allowed_file_extensions", None)
        )

        def _parse_allowed_file_upload_methods(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            allowed_file_upload_methods_type_0 = cast(list[str], data)

            return allowed_file_upload_methods_type_0

        allowed_file_upload_methods = _parse_allowed_file_upload_methods(
            d.pop("allowed_file_upload_methods", None)
        )

        image = ImageUploadSettings.from_dict(d.pop("image", None))

        number_limits = cast(int | None, d.pop("number_limits", None))

        file_upload_settings = cls(
            enabled=enabled,
            allowed_file_types=allowed_file_types,
            allowed_file_extensions=allowed_file_extensions,
            allowed_file_upload_methods=allowed_file_upload_methods,
            image=image,
            number_limits=number_limits,
        )

        file_upload_settings.additional_properties = d
        return file_upload_settings

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
