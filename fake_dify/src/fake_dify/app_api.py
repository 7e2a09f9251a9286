"""Answers about the app and its end users, and its speech."""

from __future__ import annotations

import uuid

from .errors import ApiError, HtmlNotFound, invalid_param
from .exchange import ANONYMOUS, Exchange
from .replies import Json, Raw, Reply


async def info(x: Exchange) -> Reply:
    app = x.app
    return Json(
        {
            "name": app.name,
            "description": f"stand-in app {app.name}",
            "tags": [],
            "mode": app.mode,
            "author_name": "FakeDify",
        }
    )


async def meta(x: Exchange) -> Reply:
    return Json({"tool_icons": {}})


async def site(x: Exchange) -> Reply:
    return Json(
        {
            "title": x.app.name,
            "chat_color_theme": None,
            "chat_color_theme_inverted": False,
            "icon_type": "emoji",
            "icon": "\N{ROBOT FACE}",
            "icon_background": "#FFEAD5",
            "description": None,
            "copyright": None,
            "privacy_policy": None,
            "input_placeholder": None,
            "custom_disclaimer": "",
            "default_language": "en-US",
            "show_workflow_steps": True,
            "use_icon_as_answer_icon": False,
            "icon_url": None,
        }
    )


async def parameters(x: Exchange) -> Reply:
    if not x.app.published:
        text = "App unavailable, please check your app configurations."
        raise ApiError(400, "app_unavailable", text)
    off = {"enabled": False}
    speech = {"enabled": x.app.speech}
    methods = ["local_file", "remote_url"]
    return Json(
        {
            "opening_statement": "",
            "suggested_questions": [],
            "suggested_questions_after_answer": off,
            "speech_to_text": speech,
            "text_to_speech": {**speech, "language": "", "voice": ""},
            "retriever_resource": {"enabled": True},
            "annotation_reply": off,
            "more_like_this": off,
            "user_input_form": [item.declaration() for item in x.app.form or ()],
            "sensitive_word_avoidance": off,
            "file_upload": {
                "enabled": False,
                "allowed_file_extensions": [".JPG", ".PNG"],
                "allowed_file_types": ["image"],
                "allowed_file_upload_methods": methods,
                "image": {"enabled": False, "number_limits": 3, "transfer_methods": methods},
                "number_limits": 3,
            },
            "system_parameters": {
                "image_file_size_limit": 10,
                "video_file_size_limit": 100,
                "audio_file_size_limit": 50,
                "file_size_limit": 15,
                "workflow_file_upload_limit": 10,
            },
        }
    )


async def end_user(x: Exchange) -> Reply:
    try:
        user_id = str(uuid.UUID(x.params["end_user_id"]))
    except ValueError:
        raise HtmlNotFound() from None
    user = next((user for user in x.app.users.values() if user.id == user_id), None)
    if user is None:
        raise ApiError(404, "end_user_not_found", "End user not found.")
    created = user.created_at.isoformat(timespec="seconds")
    return Json(
        {
            "id": user.id,
            "tenant_id": x.world.tenant_id,
            "app_id": x.app.id,
            "type": "service-api",
            "external_user_id": user.session_id,
            "name": None,
            "is_anonymous": user.is_anonymous,
            "session_id": user.session_id,
            "created_at": created,
            "updated_at": created,
        }
    )


async def text_to_audio(x: Exchange) -> Reply:
    body = x.json_object()
    x.user(body.get("user") or ANONYMOUS)
    if body.get("message_id"):
        return Json(None)  # workflow apps have no messages
    text = body.get("text")
    if not text:
        raise invalid_param("Text is required")
    if not x.app.speech:
        raise invalid_param("TTS is not enabled")
    return Raw(tuple(f"ID3fake-mp3-{n}-{text}".encode() for n in range(3)), 200, "audio/mpeg")
