from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AppSite")


@_attrs_define
class AppSite:
    """How the app presents itself as a web app. Dify's published document marks the nulls as never null.

    Attributes:
        title (str): Title. Example: echo.
        chat_color_theme (None | str): Colour of a chat app, such as `#1C64F2`; null if not set. Example: #1C64F2.
        chat_color_theme_inverted (bool): Whether that colour is inverted. Example: False.
        icon_type (None | str): `emoji` or `image`. Example: emoji.
        icon (None | str): The emoji, or the id of the image. Example: 🤖.
        icon_background (None | str): Colour behind the icon. Example: #FFEAD5.
        description (None | str): Description; null if not set. Example: lab app echo.
        copyright_ (None | str): Copyright line; null if not set. Example: Lab.
        privacy_policy (None | str): Address of the privacy policy; null if not set. Example:
            https://example.com/privacy.
        custom_disclaimer (None | str): Disclaimer; empty if not set.
        default_language (str): Language of the page. Example: en-US.
        show_workflow_steps (bool): Whether the page shows the nodes of a run. Example: True.
        use_icon_as_answer_icon (bool): Whether a chat app uses its icon for its answers. Example: False.
        icon_url (None | str): Signed address of the icon; null for an emoji. Example:
            https://dify.example.com/files/icon.png.
        input_placeholder (None | str): Text in the empty input box of a chat app; null if not set. Dify 1.16 and later.
            Example: Ask me.
    """

    title: str
    chat_color_theme: None | str
    chat_color_theme_inverted: bool
    icon_type: None | str
    icon: None | str
    icon_background: None | str
    description: None | str
    copyright_: None | str
    privacy_policy: None | str
    custom_disclaimer: None | str
    default_language: str
    show_workflow_steps: bool
    use_icon_as_answer_icon: bool
    icon_url: None | str
    input_placeholder: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        title = self.title

        chat_color_theme: None | str
        chat_color_theme = self.chat_color_theme

        chat_color_theme_inverted = self.chat_color_theme_inverted

        icon_type: None | str
        icon_type = self.icon_type

        icon: None | str
        icon = self.icon

        icon_background: None | str
        icon_background = self.icon_background

        description: None | str
        description = self.description

        copyright_: None | str
        copyright_ = self.copyright_

        privacy_policy: None | str
        privacy_policy = self.privacy_policy

        custom_disclaimer: None | str
        custom_disclaimer = self.custom_disclaimer

        default_language = self.default_language

        show_workflow_steps = self.show_workflow_steps

        use_icon_as_answer_icon = self.use_icon_as_answer_icon

        icon_url: None | str
        icon_url = self.icon_url

        input_placeholder: None | str
        input_placeholder = self.input_placeholder

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "title": title,
                "chat_color_theme": chat_color_theme,
                "chat_color_theme_inverted": chat_color_theme_inverted,
                "icon_type": icon_type,
                "icon": icon,
                "icon_background": icon_background,
                "description": description,
                "copyright": copyright_,
                "privacy_policy": privacy_policy,
                "custom_disclaimer": custom_disclaimer,
                "default_language": default_language,
                "show_workflow_steps": show_workflow_steps,
                "use_icon_as_answer_icon": use_icon_as_answer_icon,
                "icon_url": icon_url,
                "input_placeholder": input_placeholder,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        title = d.pop("title", None)

        chat_color_theme = cast(None | str, d.pop("chat_color_theme", None))

        chat_color_theme_inverted = d.pop("chat_color_theme_inverted", None)

        icon_type = cast(None | str, d.pop("icon_type", None))

        icon = cast(None | str, d.pop("icon", None))

        icon_background = cast(None | str, d.pop("icon_background", None))

        description = cast(None | str, d.pop("description", None))

        copyright_ = cast(None | str, d.pop("copyright", None))

        privacy_policy = cast(None | str, d.pop("privacy_policy", None))

        custom_disclaimer = cast(None | str, d.pop("custom_disclaimer", None))

        default_language = d.pop("default_language", None)

        show_workflow_steps = d.pop("show_workflow_steps", None)

        use_icon_as_answer_icon = d.pop("use_icon_as_answer_icon", None)

        icon_url = cast(None | str, d.pop("icon_url", None))

        input_placeholder = cast(None | str, d.pop("input_placeholder", None))

        app_site = cls(
            title=title,
            chat_color_theme=chat_color_theme,
            chat_color_theme_inverted=chat_color_theme_inverted,
            icon_type=icon_type,
            icon=icon,
            icon_background=icon_background,
            description=description,
            copyright_=copyright_,
            privacy_policy=privacy_policy,
            custom_disclaimer=custom_disclaimer,
            default_language=default_language,
            show_workflow_steps=show_workflow_steps,
            use_icon_as_answer_icon=use_icon_as_answer_icon,
            icon_url=icon_url,
            input_placeholder=input_placeholder,
        )

        app_site.additional_properties = d
        return app_site

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
