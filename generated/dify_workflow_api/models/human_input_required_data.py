from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.form_action import FormAction
    from ..models.form_input import FormInput


T = TypeVar("T", bound="HumanInputRequiredData")


@_attrs_define
class HumanInputRequiredData:
    """The form that a node waits for.

    Attributes:
        form_id (str): Id of the form. It does not open it; the `form_token` does. Example:
            01a20262-4c0a-751a-b0dd-830414de5154.
        node_id (str): Id of the node that waits. Example: ask2.
        node_title (str): Title of the node that waits. Example: ask2.
        form_content (str): Text of the form (Markdown) with the run's variables filled in. In a snapshot it is the
            template, although Dify's published document says rendered: GET /form/human_input/{form_token} has the text.
            Example: Step 2: mid first {{#$output.c2#}}.
        inputs (list[FormInput]): What can be filled in.
        actions (list[FormAction]): The buttons; one has to be chosen.
        form_token (None | str): Key of the form for /form/human_input/{form_token}; null if it cannot be answered over
            the API. Example: guQgfjXHZzQb0z5NbcNPmx.
        resolved_default_values (Any): Defaults that come from variables of the run, as text, by `output_variable_name`.
            Example: {'c1': 'pre Zoe'}.
        expiration_time (int): When the form closes, unix seconds. Example: 1795465926.
        approval_channels (list[str] | None): Ways the form is delivered to people. Dify 1.15 and later. Example:
            ['console'].
        display_in_ui (bool): Whether Dify's own web app shows the form. Example: True.
    """

    form_id: str
    node_id: str
    node_title: str
    form_content: str
    inputs: list[FormInput]
    actions: list[FormAction]
    form_token: None | str
    resolved_default_values: Any
    expiration_time: int
    approval_channels: list[str] | None
    display_in_ui: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        form_id = self.form_id

        node_id = self.node_id

        node_title = self.node_title

        form_content = self.form_content

        inputs = []
        for inputs_item_data in self.inputs:
            inputs_item = inputs_item_data.to_dict()
            inputs.append(inputs_item)

        actions = []
        for actions_item_data in self.actions:
            actions_item = actions_item_data.to_dict()
            actions.append(actions_item)

        form_token: None | str
        form_token = self.form_token

        resolved_default_values = self.resolved_default_values

        expiration_time = self.expiration_time

        approval_channels: list[str] | None
        if isinstance(self.approval_channels, list):
            approval_channels = self.approval_channels

        else:
            approval_channels = self.approval_channels

        display_in_ui = self.display_in_ui

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "form_id": form_id,
                "node_id": node_id,
                "node_title": node_title,
                "form_content": form_content,
                "inputs": inputs,
                "actions": actions,
                "form_token": form_token,
                "resolved_default_values": resolved_default_values,
                "expiration_time": expiration_time,
                "approval_channels": approval_channels,
                "display_in_ui": display_in_ui,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.form_action import FormAction  # noqa: PLC0415
        from ..models.form_input import FormInput  # noqa: PLC0415

        d = {**src_dict}
        form_id = d.pop("form_id", None)

        node_id = d.pop("node_id", None)

        node_title = d.pop("node_title", None)

        form_content = d.pop("form_content", None)

        inputs = []
        _inputs = d.pop("inputs", None)
        for inputs_item_data in _inputs:
            inputs_item = FormInput.from_dict(inputs_item_data)

            inputs.append(inputs_item)

        actions = []
        _actions = d.pop("actions", None)
        for actions_item_data in _actions:
            actions_item = FormAction.from_dict(actions_item_data)

            actions.append(actions_item)

        form_token = cast(None | str, d.pop("form_token", None))

        resolved_default_values = d.pop("resolved_default_values", None)

        expiration_time = d.pop("expiration_time", None)

        def _parse_approval_channels(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            approval_channels_type_0 = cast(list[str], data)

            return approval_channels_type_0

        approval_channels = _parse_approval_channels(d.pop("approval_channels", None))

        display_in_ui = d.pop("display_in_ui", None)

        human_input_required_data = cls(
            form_id=form_id,
            node_id=node_id,
            node_title=node_title,
            form_content=form_content,
            inputs=inputs,
            actions=actions,
            form_token=form_token,
            resolved_default_values=resolved_default_values,
            expiration_time=expiration_time,
            approval_channels=approval_channels,
            display_in_ui=display_in_ui,
        )

        human_input_required_data.additional_properties = d
        return human_input_required_data

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
