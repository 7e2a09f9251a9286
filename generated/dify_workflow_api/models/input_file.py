from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.input_file_transfer_method import (
    InputFileTransferMethod,
    check_input_file_transfer_method,
)
from ..models.input_file_type import InputFileType, check_input_file_type
from ..types import UNSET, Unset

T = TypeVar("T", bound="InputFile")


@_attrs_define
class InputFile:
    """A file as input of a run or form: either uploaded before (`local_file` with `upload_file_id`) or fetched by the
    server (`remote_url` with `url`).

        Attributes:
            type_ (InputFileType): Kind of the file; it must match the content and be allowed by the input. Example:
                document.
            transfer_method (InputFileTransferMethod): Where the file comes from. Example: local_file.
            upload_file_id (str | Unset): Id from POST /files/upload, uploaded by the same user. With `local_file`. Example:
                47a58bb4-2291-4a9a-abb2-95bfe860c863.
            url (str | Unset): Address that the server fetches the file from. With `remote_url`. Example:
                https://files.example.com/pic.png.
            remote_url (str | Unset): Another name of `url`. Dify 0.15.3 and later. Example:
                https://files.example.com/pic.png.
    """

    type_: InputFileType
    transfer_method: InputFileTransferMethod
    upload_file_id: str | Unset = UNSET
    url: str | Unset = UNSET
    remote_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_: str = self.type_

        transfer_method: str = self.transfer_method

        upload_file_id = self.upload_file_id

        url = self.url

        remote_url = self.remote_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
                "transfer_method": transfer_method,
            }
        )
        if upload_file_id is not UNSET:
            field_dict["upload_file_id"] = upload_file_id
        if url is not UNSET:
            field_dict["url"] = url
        if remote_url is not UNSET:
            field_dict["remote_url"] = remote_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        type_ = check_input_file_type(d.pop("type", None))

        transfer_method = check_input_file_transfer_method(d.pop("transfer_method", None))

        upload_file_id = d.pop("upload_file_id", UNSET)

        url = d.pop("url", UNSET)

        remote_url = d.pop("remote_url", UNSET)

        input_file = cls(
            type_=type_,
            transfer_method=transfer_method,
            upload_file_id=upload_file_id,
            url=url,
            remote_url=remote_url,
        )

        input_file.additional_properties = d
        return input_file

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
