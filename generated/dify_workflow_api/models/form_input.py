from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.form_input_default import FormInputDefault
    from ..models.form_input_options import FormInputOptions


T = TypeVar("T", bound="FormInput")


@_attrs_define
class FormInput:
    """One field of a form. The optional fields depend on the type.

    Attributes:
        output_variable_name (str): Name of the value in the answer. Example: comment.
        type_ (str): `paragraph`, or (Dify 1.14.2 and later) `select`, `file` or `file-list`. Example: paragraph.
        default (FormInputDefault | None): What to show at first; null without default. Only `paragraph`. Example:
            {'type': 'constant', 'selector': [], 'value': 'looks good'}.
        option_source (FormInputOptions | None): The choices. Only `select`.
        allowed_file_types (list[str] | None): Kinds of files allowed, as in `InputFile.type`. Only `file` and `file-
            list`. Example: ['document', 'image'].
        allowed_file_extensions (list[str] | None): Extensions allowed for the kind `custom`. Only `file` and `file-
            list`. Example: ['.JPG', '.PNG'].
        allowed_file_upload_methods (list[str] | None): Ways allowed, as in `InputFile.transfer_method`. Only `file` and
            `file-list`. Example: ['local_file', 'remote_url'].
        number_limits (int | None): Greatest number of files. Only `file-list`. Example: 2.
    """

    output_variable_name: str
    type_: str
    default: FormInputDefault | None
    option_source: FormInputOptions | None
    allowed_file_types: list[str] | None
    allowed_file_extensions: list[str] | None
    allowed_file_upload_methods: list[str] | None
    number_limits: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.form_input_default import FormInputDefault  # noqa: PLC0415
        from ..models.form_input_options import FormInputOptions  # noqa: PLC0415

        output_variable_name = self.output_variable_name

        type_ = self.type_

        default: dict[str, Any] | None
        if isinstance(self.default, FormInputDefault):
            default = self.default.to_dict()
        else:
            default = self.default

        option_source: dict[str, Any] | None
        if isinstance(self.option_source, FormInputOptions):
            option_source = self.option_source.to_dict()
        else:
            option_source = self.option_source

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

        number_limits: int | None
        number_limits = self.number_limits

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "output_variable_name": output_variable_name,
                "type": type_,
                "default": default,
                "option_source": option_source,
                "allowed_file_types": allowed_file_types,
                "allowed_file_extensions": allowed_file_extensions,
                "allowed_file_upload_methods": allowed_file_upload_methods,
                "number_limits": number_limits,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.form_input_default import FormInputDefault  # noqa: PLC0415
        from ..models.form_input_options import FormInputOptions  # noqa: PLC0415

        d = {**src_dict}
        output_variable_name = d.pop("output_variable_name", None)

        type_ = d.pop("type", None)

        def _parse_default(data: object) -> FormInputDefault | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            default_type_0 = FormInputDefault.from_dict(data)

            return default_type_0

        default = _parse_default(d.pop("default", None))

        def _parse_option_source(data: object) -> FormInputOptions | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            option_source_type_0 = FormInputOptions.from_dict(data)

            return option_source_type_0

        option_source = _parse_option_source(d.pop("option_source", None))

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

        number_limits = cast(int | None, d.pop("number_limits", None))

        form_input = cls(
            output_variable_name=output_variable_name,
            type_=type_,
            default=default,
            option_source=option_source,
            allowed_file_types=allowed_file_types,
            allowed_file_extensions=allowed_file_extensions,
            allowed_file_upload_methods=allowed_file_upload_methods,
            number_limits=number_limits,
        )

        form_input.additional_properties = d
        return form_input

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
