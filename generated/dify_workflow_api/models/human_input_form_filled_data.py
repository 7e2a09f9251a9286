from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="HumanInputFormFilledData")


@_attrs_define
class HumanInputFormFilledData:
    """The answer to a form.

    Attributes:
        node_id (str): Id of the node that waited. Example: ask.
        node_title (str): Title of the node that waited. Example: ask.
        rendered_content (str): Text of the form with the values filled in. Example: Hello Ok, please review: great 你好.
        action_id (str): Id of the action chosen. Example: approve.
        action_text (str): Text on its button. Example: Approve.
        submitted_data (Any): The values by `output_variable_name`, files as `OutputFile`. Dify 1.14.2 and later.
            Example: {'comment': 'great 你好'}.
    """

    node_id: str
    node_title: str
    rendered_content: str
    action_id: str
    action_text: str
    submitted_data: Any
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        node_id = self.node_id

        node_title = self.node_title

        rendered_content = self.rendered_content

        action_id = self.action_id

        action_text = self.action_text

        submitted_data = self.submitted_data

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "node_id": node_id,
                "node_title": node_title,
                "rendered_content": rendered_content,
                "action_id": action_id,
                "action_text": action_text,
                "submitted_data": submitted_data,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        node_id = d.pop("node_id", None)

        node_title = d.pop("node_title", None)

        rendered_content = d.pop("rendered_content", None)

        action_id = d.pop("action_id", None)

        action_text = d.pop("action_text", None)

        submitted_data = d.pop("submitted_data", None)

        human_input_form_filled_data = cls(
            node_id=node_id,
            node_title=node_title,
            rendered_content=rendered_content,
            action_id=action_id,
            action_text=action_text,
            submitted_data=submitted_data,
        )

        human_input_form_filled_data.additional_properties = d
        return human_input_form_filled_data

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
