from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="TextToSpeechSettings")


@_attrs_define
class TextToSpeechSettings:
    """How the app speaks.

    Attributes:
        enabled (bool): Whether the feature is on. Example: False.
        language (None | str): Language, such as `en-US`; empty or absent if not set.
        voice (None | str): Name of the voice; empty or absent if not set.
        auto_play (None | str): `enabled`: runs send `tts_message` events; `disabled` or absent: they do not. Example:
            enabled.
    """

    enabled: bool
    language: None | str
    voice: None | str
    auto_play: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        enabled = self.enabled

        language: None | str
        language = self.language

        voice: None | str
        voice = self.voice

        auto_play: None | str
        auto_play = self.auto_play

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "enabled": enabled,
                "language": language,
                "voice": voice,
                "autoPlay": auto_play,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        enabled = d.pop("enabled", None)

        language = cast(None | str, d.pop("language", None))

        voice = cast(None | str, d.pop("voice", None))

        auto_play = cast(None | str, d.pop("autoPlay", None))

        text_to_speech_settings = cls(
            enabled=enabled,
            language=language,
            voice=voice,
            auto_play=auto_play,
        )

        text_to_speech_settings.additional_properties = d
        return text_to_speech_settings

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
