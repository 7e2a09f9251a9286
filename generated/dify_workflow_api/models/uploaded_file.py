from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="UploadedFile")


@_attrs_define
class UploadedFile:
    """A stored file.

    Attributes:
        id (str): Id for `InputFile.upload_file_id`. Example: 47a58bb4-2291-4a9a-abb2-95bfe860c863.
        reference (None | str): Reserved; null. Dify 1.14 and later. Example: dify-file-
            ref:eyJyZWNvcmRfaWQiOiI0N2E1OGJiNC0yMjkx.
        name (str): Name of the file. Example: hello.txt.
        size (int): Size in bytes. Example: 14.
        extension (None | str): Extension without dot; empty if the name has none. Example: txt.
        mime_type (None | str): The Content-Type that the upload gave. Example: text/plain.
        created_by (None | str): Id of the end user the file belongs to. Example: 2a708d93-2924-4f7b-b64e-cd6369810a4d.
        created_at (int): Time of the upload, unix seconds. Example: 1795336196.
        preview_url (None | str): Reserved; null. Dify 1.3 and later. Example:
            https://dify.example.com/files/47a58bb4-2291-4a9a-abb2-95bfe860c863/file-preview.
        source_url (None | str): Signed address of the file, valid for a short time (300 s by default). Dify 1.9 and
            later. Example: https://dify.example.com/files/47a58bb4-2291-4a9a-abb2-95bfe860c863/file-
            preview?timestamp=1795336196.
        original_url (None | str): Address the file was fetched from; null for uploads. Dify 1.11 and later. Example:
            https://files.example.com/pic.png.
        user_id (None | str): Reserved; null. Dify 1.11 and later. Example: 2a708d93-2924-4f7b-b64e-cd6369810a4d.
        tenant_id (None | str): Id of the workspace. Dify 1.11 and later. Example: c1b9a3e8-22ef-4463-8d1a-15f4091b42d7.
        conversation_id (None | str): Id of a conversation; null for workflow apps. Dify 1.11 and later. Example:
            45701982-8118-4bc5-8e9b-64562b4555f2.
        file_key (None | str): Reserved; null. Dify 1.11 and later. Example:
            upload_files/47a58bb4-2291-4a9a-abb2-95bfe860c863.txt.
    """

    id: str
    reference: None | str
    name: str
    size: int
    extension: None | str
    mime_type: None | str
    created_by: None | str
    created_at: int
    preview_url: None | str
    source_url: None | str
    original_url: None | str
    user_id: None | str
    tenant_id: None | str
    conversation_id: None | str
    file_key: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        reference: None | str
        reference = self.reference

        name = self.name

        size = self.size

        extension: None | str
        extension = self.extension

        mime_type: None | str
        mime_type = self.mime_type

        created_by: None | str
        created_by = self.created_by

        created_at = self.created_at

        preview_url: None | str
        preview_url = self.preview_url

        source_url: None | str
        source_url = self.source_url

        original_url: None | str
        original_url = self.original_url

        user_id: None | str
        user_id = self.user_id

        tenant_id: None | str
        tenant_id = self.tenant_id

        conversation_id: None | str
        conversation_id = self.conversation_id

        file_key: None | str
        file_key = self.file_key

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "reference": reference,
                "name": name,
                "size": size,
                "extension": extension,
                "mime_type": mime_type,
                "created_by": created_by,
                "created_at": created_at,
                "preview_url": preview_url,
                "source_url": source_url,
                "original_url": original_url,
                "user_id": user_id,
                "tenant_id": tenant_id,
                "conversation_id": conversation_id,
                "file_key": file_key,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = d.pop("id", None)

        reference = cast(None | str, d.pop("reference", None))

        name = d.pop("name", None)

        size = d.pop("size", None)

        extension = cast(None | str, d.pop("extension", None))

        mime_type = cast(None | str, d.pop("mime_type", None))

        created_by = cast(None | str, d.pop("created_by", None))

        created_at = d.pop("created_at", None)

        preview_url = cast(None | str, d.pop("preview_url", None))

        source_url = cast(None | str, d.pop("source_url", None))

        original_url = cast(None | str, d.pop("original_url", None))

        user_id = cast(None | str, d.pop("user_id", None))

        tenant_id = cast(None | str, d.pop("tenant_id", None))

        conversation_id = cast(None | str, d.pop("conversation_id", None))

        file_key = cast(None | str, d.pop("file_key", None))

        uploaded_file = cls(
            id=id,
            reference=reference,
            name=name,
            size=size,
            extension=extension,
            mime_type=mime_type,
            created_by=created_by,
            created_at=created_at,
            preview_url=preview_url,
            source_url=source_url,
            original_url=original_url,
            user_id=user_id,
            tenant_id=tenant_id,
            conversation_id=conversation_id,
            file_key=file_key,
        )

        uploaded_file.additional_properties = d
        return uploaded_file

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
