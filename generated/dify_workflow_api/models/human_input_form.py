from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.form_action import FormAction
    from ..models.form_input import FormInput


T = TypeVar("T", bound="HumanInputForm")


@_attrs_define
class HumanInputForm:
    """A form that a paused run waits for.

    Attributes:
        form_content (str): Text of the form (Markdown). Variables of the run are filled in; `{{#$output.NAME#}}` marks
            the place of the input NAME. Example: Hello Ann, please review: {{#$output.comment#}}.
        inputs (list[FormInput]): What can be filled in.
        resolved_default_values (Any): Defaults that come from variables of the run, as text, by `output_variable_name`.
            Example: {'c1': 'pre Zoe'}.
        user_actions (list[FormAction]): The buttons; one has to be chosen.
        expiration_time (int): When the form closes, unix seconds. Example: 1795465904.
    """

    form_content: str
    inputs: list[FormInput]
    resolved_default_values: Any
    user_actions: list[FormAction]
    expiration_time: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        form_content = self.form_content

        inputs = []
        for inputs_item_data in self.inputs:
            inputs_item = inputs_item_data.to_dict()
            inputs.append(inputs_item)

        resolved_default_values = self.resolved_default_values

        user_actions = []
        for user_actions_item_data in self.user_actions:
            user_actions_item = user_actions_item_data.to_dict()
            user_actions.append(user_actions_item)

        expiration_time = self.expiration_time

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "form_content": form_content,
                "inputs": inputs,
                "resolved_default_values": resolved_default_values,
                "user_actions": user_actions,
                "expiration_time": expiration_time,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.form_action import FormAction  # noqa: PLC0415
        from ..models.form_input import FormInput  # noqa: PLC0415

        d = {**src_dict}
        form_content = d.pop("form_content", None)

        inputs = []
        _inputs = d.pop("inputs", None)
        for inputs_item_data in _inputs:
            inputs_item = FormInput.from_dict(inputs_item_data)

            inputs.append(inputs_item)

        resolved_default_values = d.pop("resolved_default_values", None)

        user_actions = []
        _user_actions = d.pop("user_actions", None)
        for user_actions_item_data in _user_actions:
            user_actions_item = FormAction.from_dict(user_actions_item_data)

            user_actions.append(user_actions_item)

        expiration_time = d.pop("expiration_time", None)

        human_input_form = cls(
            form_content=form_content,
            inputs=inputs,
            resolved_default_values=resolved_default_values,
            user_actions=user_actions,
            expiration_time=expiration_time,
        )

        human_input_form.additional_properties = d
        return human_input_form

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
