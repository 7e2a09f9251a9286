from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SystemParameters")


@_attrs_define
class SystemParameters:
    """Limits of the server.

    Attributes:
        image_file_size_limit (int): Greatest size of an image, in megabytes. Example: 10.
        video_file_size_limit (int): Greatest size of a video, in megabytes. Example: 100.
        audio_file_size_limit (int): Greatest size of an audio file, in megabytes. Example: 50.
        file_size_limit (int): Greatest size of any other file, in megabytes. Example: 15.
        workflow_file_upload_limit (int): Greatest number of files of one run. Example: 10.
    """

    image_file_size_limit: int
    video_file_size_limit: int
    audio_file_size_limit: int
    file_size_limit: int
    workflow_file_upload_limit: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        image_file_size_limit = self.image_file_size_limit

        video_file_size_limit = self.video_file_size_limit

        audio_file_size_limit = self.audio_file_size_limit

        file_size_limit = self.file_size_limit

        workflow_file_upload_limit = self.workflow_file_upload_limit

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "image_file_size_limit": image_file_size_limit,
                "video_file_size_limit": video_file_size_limit,
                "audio_file_size_limit": audio_file_size_limit,
                "file_size_limit": file_size_limit,
                "workflow_file_upload_limit": workflow_file_upload_limit,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        image_file_size_limit = d.pop("image_file_size_limit", None)

        video_file_size_limit = d.pop("video_file_size_limit", None)

        audio_file_size_limit = d.pop("audio_file_size_limit", None)

        file_size_limit = d.pop("file_size_limit", None)

        workflow_file_upload_limit = d.pop("workflow_file_upload_limit", None)

        system_parameters = cls(
            image_file_size_limit=image_file_size_limit,
            video_file_size_limit=video_file_size_limit,
            audio_file_size_limit=audio_file_size_limit,
            file_size_limit=file_size_limit,
            workflow_file_upload_limit=workflow_file_upload_limit,
        )

        system_parameters.additional_properties = d
        return system_parameters

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
