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
    """What the app takes. The features besides the input form and the limits concern chat apps, and are null where a
    server or a gateway leaves them out.

        Attributes:
            opening_statement (None | str): First message of a chat app; empty for workflows.
            suggested_questions (list[str] | None): First questions a chat app proposes. Example: ['What can you do?'].
            suggested_questions_after_answer (FeatureSwitch | None): Whether a chat app proposes further questions.
            speech_to_text (FeatureSwitch | None): Whether POST /audio-to-text works.
            text_to_speech (None | TextToSpeechSettings): Whether POST /text-to-audio works, and how.
            retriever_resource (FeatureSwitch | None): Whether a chat app names its sources.
            annotation_reply (FeatureSwitch | None): Whether a chat app answers from annotations.
            more_like_this (FeatureSwitch | None): Whether a completion app offers variants.
            user_input_form (list[InputFormEntry]): The inputs of the workflow, in the order of its Start node.
            sensitive_word_avoidance (FeatureSwitch | None): Whether content is moderated.
            file_upload (FileUploadSettings | None): Whether and which files may be given besides the inputs (`sys.files`).
            system_parameters (None | SystemParameters): Limits of the server.
    """

    opening_statement: None | str
    suggested_questions: list[str] | None
    suggested_questions_after_answer: FeatureSwitch | None
    speech_to_text: FeatureSwitch | None
    text_to_speech: None | TextToSpeechSettings
    retriever_resource: FeatureSwitch | None
    annotation_reply: FeatureSwitch | None
    more_like_this: FeatureSwitch | None
    user_input_form: list[InputFormEntry]
    sensitive_word_avoidance: FeatureSwitch | None
    file_upload: FileUploadSettings | None
    system_parameters: None | SystemParameters
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.feature_switch import FeatureSwitch  # noqa: PLC0415
        from ..models.file_upload_settings import FileUploadSettings  # noqa: PLC0415
        from ..models.system_parameters import SystemParameters  # noqa: PLC0415
        from ..models.text_to_speech_settings import TextToSpeechSettings  # noqa: PLC0415

        opening_statement: None | str
        opening_statement = self.opening_statement

        suggested_questions: list[str] | None
        if isinstance(self.suggested_questions, list):
            suggested_questions = self.suggested_questions

        else:
            suggested_questions = self.suggested_questions

        suggested_questions_after_answer: dict[str, Any] | None
        if isinstance(self.suggested_questions_after_answer, FeatureSwitch):
            suggested_questions_after_answer = self.suggested_questions_after_answer.to_dict()
        else:
            suggested_questions_after_answer = self.suggested_questions_after_answer

        speech_to_text: dict[str, Any] | None
        if isinstance(self.speech_to_text, FeatureSwitch):
            speech_to_text = self.speech_to_text.to_dict()
        else:
            speech_to_text = self.speech_to_text

        text_to_speech: dict[str, Any] | None
        if isinstance(self.text_to_speech, TextToSpeechSettings):
            text_to_speech = self.text_to_speech.to_dict()
        else:
            text_to_speech = self.text_to_speech

        retriever_resource: dict[str, Any] | None
        if isinstance(self.retriever_resource, FeatureSwitch):
            retriever_resource = self.retriever_resource.to_dict()
        else:
            retriever_resource = self.retriever_resource

        annotation_reply: dict[str, Any] | None
        if isinstance(self.annotation_reply, FeatureSwitch):
            annotation_reply = self.annotation_reply.to_dict()
        else:
            annotation_reply = self.annotation_reply

        more_like_this: dict[str, Any] | None
        if isinstance(self.more_like_this, FeatureSwitch):
            more_like_this = self.more_like_this.to_dict()
        else:
            more_like_this = self.more_like_this

        user_input_form = []
        for user_input_form_item_data in self.user_input_form:
            user_input_form_item = user_input_form_item_data.to_dict()
            user_input_form.append(user_input_form_item)

        sensitive_word_avoidance: dict[str, Any] | None
        if isinstance(self.sensitive_word_avoidance, FeatureSwitch):
            sensitive_word_avoidance = self.sensitive_word_avoidance.to_dict()
        else:
            sensitive_word_avoidance = self.sensitive_word_avoidance

        file_upload: dict[str, Any] | None
        if isinstance(self.file_upload, FileUploadSettings):
            file_upload = self.file_upload.to_dict()
        else:
            file_upload = self.file_upload

        system_parameters: dict[str, Any] | None
        if isinstance(self.system_parameters, SystemParameters):
            system_parameters = self.system_parameters.to_dict()
        else:
            system_parameters = self.system_parameters

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

        def _parse_suggested_questions(data: object) -> list[str] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            suggested_questions_type_0 = cast(list[str], data)

            return suggested_questions_type_0

        suggested_questions = _parse_suggested_questions(d.pop("suggested_questions", None))

        def _parse_suggested_questions_after_answer(data: object) -> FeatureSwitch | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            suggested_questions_after_answer_type_0 = FeatureSwitch.from_dict(data)

            return suggested_questions_after_answer_type_0

        suggested_questions_after_answer = _parse_suggested_questions_after_answer(
            d.pop("suggested_questions_after_answer", None)
        )

        def _parse_speech_to_text(data: object) -> FeatureSwitch | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            speech_to_text_type_0 = FeatureSwitch.from_dict(data)

            return speech_to_text_type_0

        speech_to_text = _parse_speech_to_text(d.pop("speech_to_text", None))

        def _parse_text_to_speech(data: object) -> None | TextToSpeechSettings:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            text_to_speech_type_0 = TextToSpeechSettings.from_dict(data)

            return text_to_speech_type_0

        text_to_speech = _parse_text_to_speech(d.pop("text_to_speech", None))

        def _parse_retriever_resource(data: object) -> FeatureSwitch | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            retriever_resource_type_0 = FeatureSwitch.from_dict(data)

            return retriever_resource_type_0

        retriever_resource = _parse_retriever_resource(d.pop("retriever_resource", None))

        def _parse_annotation_reply(data: object) -> FeatureSwitch | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            annotation_reply_type_0 = FeatureSwitch.from_dict(data)

            return annotation_reply_type_0

        annotation_reply = _parse_annotation_reply(d.pop("annotation_reply", None))

        def _parse_more_like_this(data: object) -> FeatureSwitch | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            more_like_this_type_0 = FeatureSwitch.from_dict(data)

            return more_like_this_type_0

        more_like_this = _parse_more_like_this(d.pop("more_like_this", None))

        user_input_form = []
        _user_input_form = d.pop("user_input_form", None)
        for user_input_form_item_data in _user_input_form:
            user_input_form_item = InputFormEntry.from_dict(user_input_form_item_data)

            user_input_form.append(user_input_form_item)

        def _parse_sensitive_word_avoidance(data: object) -> FeatureSwitch | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            sensitive_word_avoidance_type_0 = FeatureSwitch.from_dict(data)

            return sensitive_word_avoidance_type_0

        sensitive_word_avoidance = _parse_sensitive_word_avoidance(
            d.pop("sensitive_word_avoidance", None)
        )

        def _parse_file_upload(data: object) -> FileUploadSettings | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            file_upload_type_0 = FileUploadSettings.from_dict(data)

            return file_upload_type_0

        file_upload = _parse_file_upload(d.pop("file_upload", None))

        def _parse_system_parameters(data: object) -> None | SystemParameters:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            system_parameters_type_0 = SystemParameters.from_dict(data)

            return system_parameters_type_0

        system_parameters = _parse_system_parameters(d.pop("system_parameters", None))

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
