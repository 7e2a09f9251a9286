"""Replies about the app and its end users, and its speech; most are the contract's examples."""

from __future__ import annotations

import uuid
from typing import Any

from ..contract import contract
from ..errors import ApiError, HtmlNotFound, invalid_param
from ..replies import Json, Raw, Reply
from .request import ANONYMOUS, ApiRequest


def _example(schema: str) -> dict[str, Any]:
    found: dict[str, Any] = contract().example(schema)
    return found


async def info(request: ApiRequest) -> Reply:
    app, told = request.app, f"stand-in app {request.app.name}"
    about = {"name": app.name, "description": told, "tags": [], "mode": app.mode}
    return Json({**about, "author_name": "FakeDify"})


async def meta(request: ApiRequest) -> Reply:
    return Json({"tool_icons": {}})


async def site(request: ApiRequest) -> Reply:
    return Json(_example("AppSite") | {"title": request.app.name})


async def parameters(request: ApiRequest) -> Reply:
    if not request.app.published:
        text = "App unavailable, please check your app configurations."
        raise ApiError(400, "app_unavailable", text)
    told, speech = _example("AppParameters"), {"enabled": request.app.speech}
    told |= {"speech_to_text": speech, "text_to_speech": told["text_to_speech"] | speech}
    told["user_input_form"] = [item.declaration() for item in request.app.form or ()]
    return Json(told)


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
    return Json(contract().fill("EndUser", user, **ids, **times))


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
