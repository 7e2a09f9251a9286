from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.feature_switch import FeatureSwitch
    from ..models.file_upload_settings import FileUploadSettings
    from ..models.input_form_entry import InputFormEntry
    from ..models.system_parameters import SystemParameters
    from ..models.text_to_speech_settings import TextToSpeechSettings


T = TypeVar("T", bound="AppParameters")


@_attrs_define
class AppParameters:
    """What the app takes. The features besides the input form and the limits concern chat apps.

    Attributes:
        opening_statement (None | str): First message of a chat app; empty for workflows.
        suggested_questions (list[str]): First questions a chat app proposes. Example: ['What can you do?'].
        suggested_questions_after_answer (FeatureSwitch): A feature; its settings, if it has any, stand beside
            `enabled`.
        speech_to_text (FeatureSwitch): A feature; its settings, if it has any, stand beside `enabled`.
        text_to_speech (TextToSpeechSettings): How the app speaks.
        retriever_resource (FeatureSwitch): A feature; its settings, if it has any, stand beside `enabled`.
        annotation_reply (FeatureSwitch): A feature; its settings, if it has any, stand beside `enabled`.
        more_like_this (FeatureSwitch): A feature; its settings, if it has any, stand beside `enabled`.
        user_input_form (list[InputFormEntry]): The inputs of the workflow, in the order of its Start node.
        sensitive_word_avoidance (FeatureSwitch): A feature; its settings, if it has any, stand beside `enabled`.
        file_upload (FileUploadSettings): Files that may be given besides the inputs. An app that never set this sends
            `image` only.
        system_parameters (SystemParameters): Limits of the server.
    """

    opening_statement: None | str
    suggested_questions: list[str]
    suggested_questions_after_answer: FeatureSwitch
    speech_to_text: FeatureSwitch
    text_to_speech: TextToSpeechSettings
    retriever_resource: FeatureSwitch
    annotation_reply: FeatureSwitch
    more_like_this: FeatureSwitch
    user_input_form: list[InputFormEntry]
    sensitive_word_avoidance: FeatureSwitch
    file_upload: FileUploadSettings
    system_parameters: SystemParameters
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        opening_statement: None | str
        opening_statement = self.opening_statement

        suggested_questions = self.suggested_questions

        suggested_questions_after_answer = self.suggested_questions_after_answer.to_dict()

        speech_to_text = self.speech_to_text.to_dict()

        text_to_speech = self.text_to_speech.to_dict()

        retriever_resource = self.retriever_resource.to_dict()

        annotation_reply = self.annotation_reply.to_dict()

        more_like_this = self.more_like_this.to_dict()

        user_input_form = []
        for user_input_form_item_data in self.user_input_form:
            user_input_form_item = user_input_form_item_data.to_dict()
            user_input_form.append(user_input_form_item)

        sensitive_word_avoidance = self.sensitive_word_avoidance.to_dict()

        file_upload = self.file_upload.to_dict()

        system_parameters = self.system_parameters.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "opening_statement": opening_statement,
                "suggested_questions": suggested_questions,
                "suggested_questions_after_answer": suggested_questions_after_answer,
                "speech_to_text": speech_to_text,
                "text_to_speech": text_to_speech,
                "retriever_resource": retriever_resource,
                "annotation_reply": annotation_reply,
                "more_like_this": more_like_this,
                "user_input_form": user_input_form,
                "sensitive_word_avoidance": sensitive_word_avoidance,
                "file_upload": file_upload,
                "system_parameters": system_parameters,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.feature_switch import FeatureSwitch  # noqa: PLC0415
        from ..models.file_upload_settings import FileUploadSettings  # noqa: PLC0415
        from ..models.input_form_entry import InputFormEntry  # noqa: PLC0415
        from ..models.system_parameters import SystemParameters  # noqa: PLC0415
        from ..models.text_to_speech_settings import TextToSpeechSettings  # noqa: PLC0415

        d = {**src_dict}
        opening_statement = cast(None | str, d.pop("opening_statement", None))

        suggested_questions = cast(list[str], d.pop("suggested_questions", None))

        suggested_questions_after_answer = FeatureSwitch.from_dict(
            d.pop("suggested_questions_after_answer", None)
        )

        speech_to_text = FeatureSwitch.from_dict(d.pop("speech_to_text", None))

        text_to_speech = TextToSpeechSettings.from_dict(d.pop("text_to_speech", None))

        retriever_resource = FeatureSwitch.from_dict(d.pop("retriever_resource", None))

        annotation_reply = FeatureSwitch.from_dict(d.pop("annotation_reply", None))

        more_like_this = FeatureSwitch.from_dict(d.pop("more_like_this", None))

        user_input_form = []
        _user_input_form = d.pop("user_input_form", None)
        for user_input_form_item_data in _user_input_form:
            user_input_form_item = InputFormEntry.from_dict(user_input_form_item_data)

            user_input_form.append(user_input_form_item)

        sensitive_word_avoidance = FeatureSwitch.from_dict(d.pop("sensitive_word_avoidance", None))

        file_upload = FileUploadSettings.from_dict(d.pop("file_upload", None))

        system_parameters = SystemParameters.from_dict(d.pop("system_parameters", None))

        app_parameters = cls(
            opening_statement=opening_statement,
            suggested_questions=suggested_questions,
            suggested_questions_after_answer=suggested_questions_after_answer,
            speech_to_text=speech_to_text,
            text_to_speech=text_to_speech,
            retriever_resource=retriever_resource,
            annotation_reply=annotation_reply,
            more_like_this=more_like_this,
            user_input_form=user_input_form,
            sensitive_word_avoidance=sensitive_word_avoidance,
            file_upload=file_upload,
            system_parameters=system_parameters,
        )

        app_parameters.additional_properties = d
        return app_parameters

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
