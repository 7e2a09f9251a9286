from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.input_form_field import InputFormField


T = TypeVar("T", bound="InputFormEntry")


@_attrs_define
class InputFormEntry:
    """One input of the workflow: an object with **exactly one** key, its type. Dify's published document knows `text-
    input`, `paragraph` and `select` only.

        Attributes:
            text_input (InputFormField | None): A line of text.
            paragraph (InputFormField | None): A longer text.
            select (InputFormField | None): One of `options`.
            number (InputFormField | None): A number; numeric text is accepted and converted.
            checkbox (InputFormField | None): A boolean. Dify 1.8 and later.
            json_object (InputFormField | None): A JSON object. Dify 1.11.2 and later.
            file (InputFormField | None): One `InputFile`.
            file_list (InputFormField | None): A list of `InputFile`, at most `max_length` of them.
            external_data_tool (InputFormField | None): A value that a tool outside Dify provides. In Dify's own document of
                1.17, not recorded.
    """

    text_input: InputFormField | None
    paragraph: InputFormField | None
    select: InputFormField | None
    number: InputFormField | None
    checkbox: InputFormField | None
    json_object: InputFormField | None
    file: InputFormField | None
    file_list: InputFormField | None
    external_data_tool: InputFormField | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.input_form_field import InputFormField  # noqa: PLC0415

        text_input: dict[str, Any] | None
        if isinstance(self.text_input, InputFormField):
            text_input = self.text_input.to_dict()
        else:
            text_input = self.text_input

        paragraph: dict[str, Any] | None
        if isinstance(self.paragraph, InputFormField):
            paragraph = self.paragraph.to_dict()
        else:
            paragraph = self.paragraph

        select: dict[str, Any] | None
        if isinstance(self.select, InputFormField):
            select = self.select.to_dict()
        else:
            select = self.select

        number: dict[str, Any] | None
        if isinstance(self.number, InputFormField):
            number = self.number.to_dict()
        else:
            number = self.number

        checkbox: dict[str, Any] | None
        if isinstance(self.checkbox, InputFormField):
            checkbox = self.checkbox.to_dict()
        else:
            checkbox = self.checkbox

        json_object: dict[str, Any] | None
        if isinstance(self.json_object, InputFormField):
            json_object = self.json_object.to_dict()
        else:
            json_object = self.json_object

        file: dict[str, Any] | None
        if isinstance(self.file, InputFormField):
            file = self.file.to_dict()
        else:
            file = self.file

        file_list: dict[str, Any] | None
        if isinstance(self.file_list, InputFormField):
            file_list = self.file_list.to_dict()
        else:
            file_list = self.file_list

        external_data_tool: dict[str, Any] | None
        if isinstance(self.external_data_tool, InputFormField):
            external_data_tool = self.external_data_tool.to_dict()
        else:
            external_data_tool = self.external_data_tool

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "text-input": text_input,
                "paragraph": paragraph,
                "select": select,
                "number": number,
                "checkbox": checkbox,
                "json_object": json_object,
                "file": file,
                "file-list": file_list,
                "external_data_tool": external_data_tool,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.input_form_field import InputFormField  # noqa: PLC0415

        d = {**src_dict}

        def _parse_text_input(data: object) -> InputFormField | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            text_input_type_0 = InputFormField.from_dict(data)

            return text_input_type_0

        text_input = _parse_text_input(d.pop("text-input", None))

        def _parse_paragraph(data: object) -> InputFormField | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            paragraph_type_0 = InputFormField.from_dict(data)

            return paragraph_type_0

        paragraph = _parse_paragraph(d.pop("paragraph", None))

        def _parse_select(data: object) -> InputFormField | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            select_type_0 = InputFormField.from_dict(data)

            return select_type_0

        select = _parse_select(d.pop("select", None))

        def _parse_number(data: object) -> InputFormField | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            number_type_0 = InputFormField.from_dict(data)

            return number_type_0

        number = _parse_number(d.pop("number", None))

        def _parse_checkbox(data: object) -> InputFormField | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            checkbox_type_0 = InputFormField.from_dict(data)

            return checkbox_type_0

        checkbox = _parse_checkbox(d.pop("checkbox", None))

        def _parse_json_object(data: object) -> InputFormField | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            json_object_type_0 = InputFormField.from_dict(data)

            return json_object_type_0

        json_object = _parse_json_object(d.pop("json_object", None))

        def _parse_file(data: object) -> InputFormField | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            file_type_0 = InputFormField.from_dict(data)

            return file_type_0

        file = _parse_file(d.pop("file", None))

        def _parse_file_list(data: object) -> InputFormField | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            file_list_type_0 = InputFormField.from_dict(data)

            return file_list_type_0

        file_list = _parse_file_list(d.pop("file-list", None))

        def _parse_external_data_tool(data: object) -> InputFormField | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            external_data_tool_type_0 = InputFormField.from_dict(data)

            return external_data_tool_type_0

        external_data_tool = _parse_external_data_tool(d.pop("external_data_tool", None))

        input_form_entry = cls(
            text_input=text_input,
            paragraph=paragraph,
            select=select,
            number=number,
            checkbox=checkbox,
            json_object=json_object,
            file=file,
            file_list=file_list,
            external_data_tool=external_data_tool,
        )

        input_form_entry.additional_properties = d
        return input_form_entry

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
