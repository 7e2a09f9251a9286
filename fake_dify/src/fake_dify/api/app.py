"""Replies about the app and its end users, and its speech; most are the contract's examples."""

from __future__ import annotations

from starlette.exceptions import HTTPException

from ..contract import fill
from ..replies import ApiError, Reply, as_uuid, each, refuse_if
from .request import ANONYMOUS, ApiRequest


async def info(request: ApiRequest) -> Reply:
    about = {"description": f"stand-in app {request.app.name}", "author_name": "FakeDify"}
    return Reply(fill("AppInfo", request.app, tags=[], **about))


async def site(request: ApiRequest) -> Reply:
    return Reply(fill("AppSite", title=request.app.name))


async def parameters(request: ApiRequest) -> Reply:
    text = "App unavailable, please check your app configurations."
    refuse_if(not request.app.published, text, "app_unavailable")
    speech = {"enabled": request.app.speech}
    told = fill("AppParameters", speech_to_text=speech)
    told["text_to_speech"] = told["text_to_speech"] | speech
    told["user_input_form"] = [item.declaration() for item in request.app.form or ()]
    return Reply(told)


async def end_user(request: ApiRequest) -> Reply:
    user_id = as_uuid(request.params["end_user_id"], HTTPException(404))
    user = next((user for user in request.app.users.values() if user.id == user_id), None)
    if user is None:
        raise ApiError(404, "end_user_not_found", "End user not found.")
    about = dict.fromkeys(("created_at", "updated_at"), user.made.isoformat(timespec="seconds"))
    about |= {"tenant_id": request.world.tenant_id, "external_user_id": user.session_id}
    return Reply(fill("EndUser", user, **about))


async def text_to_audio(request: ApiRequest) -> Reply:
    body = request.json_object()
    request.user(body.get("user") or ANONYMOUS)
    if body.get("message_id"):
        return Reply()  # workflow apps have no messages
    text = body.get("text")
    refuse_if(not text, "Text is required")
    refuse_if(not request.app.speech, "TTS is not enabled")
    return Reply(
        media="audio/mpeg", content=each(f"ID3fake-mp3-{n}-{text}".encode() for n in range(3))
    )
