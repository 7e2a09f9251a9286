from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="TextToAudioBody")


@_attrs_define
class TextToAudioBody:
    """What to say.

    Attributes:
        text (str | Unset): The text to speak. Needed in workflow apps, which have no messages. Example: hello.
        message_id (str | Unset): Id of a message to speak instead of `text`. Only for apps with messages. Example:
            00000000-0000-0000-0000-000000000000.
        voice (str | Unset): Name of a voice of the provider; without it the app's own. Example: alloy.
        streaming (bool | Unset): Accepted and without effect. Example: True.
        user (str | Unset): The end user. Example: user-1.
    """

    text: str | Unset = UNSET
    message_id: str | Unset = UNSET
    voice: str | Unset = UNSET
    streaming: bool | Unset = UNSET
    user: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        message_id = self.message_id

        voice = self.voice

        streaming = self.streaming

        user = self.user

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if text is not UNSET:
            field_dict["text"] = text
        if message_id is not UNSET:
            field_dict["message_id"] = message_id
        if voice is not UNSET:
            field_dict["voice"] = voice
        if streaming is not UNSET:
            field_dict["streaming"] = streaming
        if user is not UNSET:
            field_dict["user"] = user

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        text = d.pop("text", UNSET)

        message_id = d.pop("message_id", UNSET)

        voice = d.pop("voice", UNSET)

        streaming = d.pop("streaming", UNSET)

        user = d.pop("user", UNSET)

        text_to_audio_body = cls(
            text=text,
            message_id=message_id,
            voice=voice,
            streaming=streaming,
            user=user,
        )

        text_to_audio_body.additional_properties = d
        return text_to_audio_body

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
