"""Replies about the app and its end users, and its speech; most are the contract's examples."""

from __future__ import annotations

import uuid

from ..contract import contract
from ..errors import ApiError, HtmlNotFound, invalid_param
from ..replies import Json, Raw, Reply
from .request import ANONYMOUS, ApiRequest

EMPTY = ("chat_color_theme", "description", "copyright", "privacy_policy", "input_placeholder")
LAST = (
    *("custom_disclaimer", "default_language", "show_workflow_steps"),
    *("use_icon_as_answer_icon", "icon_url"),
)


async def info(request: ApiRequest) -> Reply:
    app, told = request.app, f"stand-in app {request.app.name}"
    about = {"description": told, "tags": [], "author_name": "FakeDify"}
    return Json(contract().fill("AppInfo", app, **about))


async def meta(request: ApiRequest) -> Reply:
    return Json(contract().fill("AppMeta", tool_icons={}))


async def site(request: ApiRequest) -> Reply:
    empty = {**dict.fromkeys(EMPTY), "icon_url": None}
    told = contract().fill("AppSite", title=request.app.name, **empty)
    return Json(told | {name: told.pop(name) for name in LAST})


async def parameters(request: ApiRequest) -> Reply:
    if not request.app.published:
        text = "App unavailable, please check your app configurations."
        raise ApiError(400, "app_unavailable", text)
    off, speech = {"enabled": False}, {"enabled": request.app.speech}
    upload = contract().example({"$ref": "#/components/schemas/FileUploadSettings"})
    features = ("suggested_questions_after_answer", "annotation_reply", "more_like_this")
    return Json(
        contract().fill(
            "AppParameters",
            **dict.fromkeys((*features, "sensitive_word_avoidance"), off),
            opening_statement="",
            suggested_questions=[],
            speech_to_text=speech,
            text_to_speech={**speech, "language": "", "voice": ""},
            file_upload={"enabled": False, "allowed_file_extensions": [], **upload},
            user_input_form=[item.declaration() for item in request.app.form or ()],
        )
    )


async def end_user(request: ApiRequest) -> Reply:
    try:
        user_id = str(uuid.UUID(request.params["end_user_id"]))
    except ValueError:
        raise HtmlNotFound() from None
    user = next((user for user in request.app.users.values() if user.id == user_id), None)
    if user is None:
        raise ApiError(404, "end_user_not_found", "End user not found.")
    times = dict.fromkeys(("created_at", "updated_at"), user.made.isoformat(timespec="seconds"))
    ids = {"tenant_id": request.world.tenant_id, "external_user_id": user.session_id}
    return Json(contract().fill("EndUser", user, name=None, **ids, **times))


async def text_to_audio(request: ApiRequest) -> Reply:
    body = request.json_object()
    request.user(body.get("user") or ANONYMOUS)
    if body.get("message_id"):
        return Json(None)  # workflow apps have no messages
    text = body.get("text")
    if not text:
        raise invalid_param("Text is required")
    if not request.app.speech:
        raise invalid_param("TTS is not enabled")
    return Raw(tuple(f"ID3fake-mp3-{n}-{text}".encode() for n in range(3)), 200, "audio/mpeg")
