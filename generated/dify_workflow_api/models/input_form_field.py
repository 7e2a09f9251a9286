from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="InputFormField")


@_attrs_define
class InputFormField:
    """An input of the workflow.

    Attributes:
        variable (str): Name of the input, the key in `inputs`. Example: text.
        label (str): Name for people. Example: Text 文本.
        type_ (str): The type again, the key of the entry. Example: text-input.
        required (bool): Whether a run needs it. An empty string satisfies it. Example: True.
        max_length (int | None): Greatest length in characters, for `file-list` greatest number of files; null without
            limit. Example: 200000.
        options (list[str] | None): The choices of a `select`; else empty. Example: ['a', 'b', 'c'].
        default (Any): Value when the input is not given, of the input's type. Absent without default. Example: a.
        allowed_file_types (list[str] | None): Kinds of files allowed, as in `InputFile.type`. Only `file` and `file-
            list`. Example: ['document', 'image'].
        allowed_file_extensions (list[str] | None): Extensions allowed for the kind `custom`. Only `file` and `file-
            list`. Example: ['.JPG', '.PNG'].
        allowed_file_upload_methods (list[str] | None): Ways allowed, as in `InputFile.transfer_method`. Only `file` and
            `file-list`. Example: ['local_file', 'remote_url'].
        json_schema (Any): JSON Schema of the value, an object or JSON text. Only `json_object`; in Dify's own document
            of 1.17, not recorded. Example: {'type': 'object', 'required': ['name']}.
    """

    variable: str
    label: str
    type_: str
    required: bool
    max_length: int | None
    options: list[str] | None
    default: Any
    allowed_file_types: list[str] | None
    allowed_file_extensions: list[str] | None
    allowed_file_upload_methods: list[str] | None
    json_schema: Any
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        variable = self.variable

        label = self.label

        type_ = self.type_

        required = self.required

        max_length: int | None
        max_length = self.max_length

        options: list[str] | None
        if isinstance(self.options, list):
            options = self.options

        else:
            options = self.options

        default = self.default

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

        json_schema = self.json_schema

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "variable": variable,
                "label": label,
                "type": type_,
                "required": required,
                "max_length": max_length,
                "options": options,
                "default": default,
                "allowed_file_types": allowed_file_types,
                "allowed_file_extensions": allowed_file_extensions,
                "allowed_file_upload_methods": allowed_file_upload_methods,
                "json_schema": json_schema,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        variable = d.pop("variable", None)

        label = d.pop("label", None)

        type_ = d.pop("type", None)

        required = d.pop("required", None)

        max_length = cast(int | None, d.pop("max_length", None))

        def _parse_options(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            options_type_0 = cast(list[str], data)

            return options_type_0

        options = _parse_options(d.pop("options", None))

        default = d.pop("default", None)

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

        json_schema = d.pop("json_schema", None)

        input_form_field = cls(
            variable=variable,
            label=label,
            type_=type_,
            required=required,
            max_length=max_length,
            options=options,
            default=default,
            allowed_file_types=allowed_file_types,
            allowed_file_extensions=allowed_file_extensions,
            allowed_file_upload_methods=allowed_file_upload_methods,
            json_schema=json_schema,
        )

        input_form_field.additional_properties = d
        return input_form_field

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
