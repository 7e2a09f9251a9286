from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="OutputFile")


@_attrs_define
class OutputFile:
    """A file in the outputs of a run or node. `url` is the way to its bytes.

    Attributes:
        dify_model_identity (str): Marks the object as a file; always `__dify__file__`. Example: __dify__file__.
        id (None | str): Always null; use `related_id`. Example: 47a58bb4-2291-4a9a-abb2-95bfe860c863.
        type_ (str): `document`, `image`, `audio`, `video` or `custom`. Example: document.
        transfer_method (str): `local_file` (uploaded), `remote_url` (fetched) or `tool_file` (made by a node). Example:
            local_file.
        remote_url (None | str): Address the file was fetched from; empty or null for other files. Example:
            https://files.example.com/pic.png.
        reference (None | str): Internal reference; null for fetched files. Dify 1.14 and later. Example: dify-file-
            ref:eyJyZWNvcmRfaWQiOiI0N2E1OGJiNC0yMjkx.
        filename (None | str): Name of the file. Example: hello.txt.
        extension (None | str): Extension with dot. Example: .txt.
        mime_type (None | str): Media type. Example: text/plain.
        size (int): Size in bytes; -1 if unknown. Example: 14.
        related_id (None | str): Id of the uploaded or made file; null for fetched files. Example:
            47a58bb4-2291-4a9a-abb2-95bfe860c863.
        url (None | str): Address of the bytes, for local and tool files signed, new on every rendering and valid for a
            short time. Example: https://dify.example.com/files/47a58bb4-2291-4a9a-abb2-95bfe860c863/file-
            preview?timestamp=1795336197.
        tenant_id (None | str): Id of the workspace. Until Dify 1.13. Example: 01f86b30-1adb-44fe-ba33-00af60c80b70.
    """

    dify_model_identity: str
    id: None | str
    type_: str
    transfer_method: str
    remote_url: None | str
    reference: None | str
    filename: None | str
    extension: None | str
    mime_type: None | str
    size: int
    related_id: None | str
    url: None | str
    tenant_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        dify_model_identity = self.dify_model_identity

        id: None | str
        id = self.id

        type_ = self.type_

        transfer_method = self.transfer_method

        remote_url: None | str
        remote_url = self.remote_url

        reference: None | str
        reference = self.reference

        filename: None | str
        filename = self.filename

        extension: None | str
        extension = self.extension

        mime_type: None | str
        mime_type = self.mime_type

        size = self.size

        related_id: None | str
        related_id = self.related_id

        url: None | str
        url = self.url

        tenant_id: None | str
        tenant_id = self.tenant_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "dify_model_identity": dify_model_identity,
                "id": id,
                "type": type_,
                "transfer_method": transfer_method,
                "remote_url": remote_url,
                "reference": reference,
                "filename": filename,
                "extension": extension,
                "mime_type": mime_type,
                "size": size,
                "related_id": related_id,
                "url": url,
                "tenant_id": tenant_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        dify_model_identity = d.pop("dify_model_identity", None)

        id = cast(None | str, d.pop("id", None))

        type_ = d.pop("type", None)

        transfer_method = d.pop("transfer_method", None)

        remote_url = cast(None | str, d.pop("remote_url", None))

        reference = cast(None | str, d.pop("reference", None))

        filename = cast(None | str, d.pop("filename", None))

        extension = cast(None | str, d.pop("extension", None))

        mime_type = cast(None | str, d.pop("mime_type", None))

        size = d.pop("size", None)

        related_id = cast(None | str, d.pop("related_id", None))

        url = cast(None | str, d.pop("url", None))

        tenant_id = cast(None | str, d.pop("tenant_id", None))

        output_file = cls(
            dify_model_identity=dify_model_identity,
            id=id,
            type_=type_,
            transfer_method=transfer_method,
            remote_url=remote_url,
            reference=reference,
            filename=filename,
            extension=extension,
            mime_type=mime_type,
            size=size,
            related_id=related_id,
            url=url,
            tenant_id=tenant_id,
        )

        output_file.additional_properties = d
        return output_file

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
