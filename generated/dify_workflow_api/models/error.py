from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Error")


@_attrs_define
class Error:
    """Why a request was refused.

    Attributes:
        code (str): Kind of the error; stable. Missing in parameter errors of Dify 1.8 to 1.10. Example: invalid_param.
        message (str): Text for people. It may be empty, have many lines, and change from version to version. Example:
            text is required in input form.
        status (int): The HTTP status again. Missing in some errors up to Dify 1.10. Example: 400.
        params (None | str): Name of the parameter at fault. Until Dify 1.4. Example: inputs.
        errors (Any): Text by name of the parameter at fault. Only Dify 1.8 to 1.10. Example: {'inputs': 'Must not be
            null!'}.
        details (Any): What a plugin says of its failure. Only with `plugin_runtime_error`. Dify 1.17 and later.
            Example: {'error_type': 'InvokeError'}.
    """

    code: str
    message: str
    status: int
    params: None | str
    errors: Any
    details: Any
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        message = self.message

        status = self.status

        params: None | str
        params = self.params

        errors = self.errors

        details = self.details

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "message": message,
                "status": status,
                "params": params,
                "errors": errors,
                "details": details,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        code = d.pop("code", None)

        message = d.pop("message", None)

        status = d.pop("status", None)

        params = cast(None | str, d.pop("params", None))

        errors = d.pop("errors", None)

        details = d.pop("details", None)

        error = cls(
            code=code,
            message=message,
            status=status,
            params=params,
            errors=errors,
            details=details,
        )

        error.additional_properties = d
        return error

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
