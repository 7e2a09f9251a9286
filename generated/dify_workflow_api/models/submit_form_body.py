from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SubmitFormBody")


@_attrs_define
class SubmitFormBody:
    """The answer to a form.

    Attributes:
        inputs (Any): Values by `output_variable_name` of the form's inputs: a string for `paragraph` and `select`, an
            `InputFile` for `file`, a list of them for `file-list`. Unknown names are dropped. Send strings for paragraphs:
            other types are accepted and (until Dify 1.15) then fail the run. Example: {'comment': 'great 你好'}.
        action (str): The `id` of one of the form's actions. Example: approve.
        user (str): Who answers; any user may. Example: user-1.
    """

    inputs: Any
    action: str
    user: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        inputs = self.inputs

        action = self.action

        user = self.user

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "inputs": inputs,
                "action": action,
                "user": user,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        inputs = d.pop("inputs", None)

        action = d.pop("action", None)

        user = d.pop("user", None)

        submit_form_body = cls(
            inputs=inputs,
            action=action,
            user=user,
        )

        submit_form_body.additional_properties = d
        return submit_form_body

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
