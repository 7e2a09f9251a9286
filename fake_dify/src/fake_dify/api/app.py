"""Replies about the app, its end users, its files and its speech; most are contract examples."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Mapping

from starlette.exceptions import HTTPException

from ..contract import contract, fill
from ..files import StoredFile, file_type
from ..replies import BAD_REQUEST, ApiError, Reply, as_uuid, each, refuse_if
from ..state import ANONYMOUS
from ..world import World
from .request import ApiRequest

AUDIO = ("audio/mp3", "audio/m4a", "audio/wav", "audio/amr", "audio/mpga")


async def get_app_info(request: ApiRequest) -> Reply:
    about = {"description": f"stand-in app {request.app.name}", "author_name": "FakeDify"}
    return Reply(fill("AppInfo", request.app, tags=[], **about))


async def get_app_site(request: ApiRequest) -> Reply:
    return Reply(fill("AppSite", title=request.app.name))


async def get_app_parameters(request: ApiRequest) -> Reply:
    text = "App unavailable, please check your app configurations."
    refuse_if(not request.app.published, text, "app_unavailable")
    speech = {"enabled": request.app.speech}
    told = fill("AppParameters", speech_to_text=speech)
    told["text_to_speech"] = told["text_to_speech"] | speech
    told["user_input_form"] = [item.declaration() for item in request.app.form or ()]
    return Reply(told)


async def get_end_user(request: ApiRequest) -> Reply:
    user_id = as_uuid(request.params["end_user_id"], HTTPException(404))
    user = next((user for user in request.app.users.values() if user.id == user_id), None)
    if user is None:
        raise ApiError(404, "end_user_not_found", "End user not found.")
    about = {"tenant_id": request.world.tenant_id, "external_user_id": user.session_id}
    return Reply(fill("EndUser", user, updated_at=user.created_at, **about))


async def upload_file(request: ApiRequest) -> Reply:
    world, files = request.world, request.files
    refuse_if("file" not in files, "Please upload your file.", "no_file_uploaded")
    refuse_if(len(files) > 1, "Only one file is allowed.", "too_many_files")
    user = request.user(request.form.get("user") or ANONYMOUS)
    part = files["file"]
    name = part.filename or ""
    text = "The specified filename does not exist."
    refuse_if(not name, text, "filename_not_exists_error")
    kind = request.media_type(part)
    refuse_if(not kind, "File type not allowed.", "unsupported_file_type", 415)
    refuse_if("/" in name or "\\" in name, "Filename contains invalid characters")
    stem, extension = os.path.splitext(name)
    content = await part.read()
    limits, of = contract().example("AppParameters")["system_parameters"], "file_size_limit"
    limit = limits.get(f"{file_type(extension.lstrip('.'))}_{of}", limits[of])
    refuse_if(len(content) > limit * 1024 * 1024, "", "file_too_large", 413)
    about = (stem[:200] + extension, content, kind, user.id, request.app.id)
    stored = world.files.add(StoredFile(*about))
    by = {"created_by": user.id, "tenant_id": world.tenant_id}
    url = world.files.url(stored)
    return Reply(fill("UploadedFile", stored, size=len(content), source_url=url, **by), 201)


async def audio_to_text(request: ApiRequest) -> Reply:
    rules, part, deaf = request.rules, request.files.get("file"), not request.app.speech
    if rules.audio_codes:
        refuse_if(deaf, "Speech to text is disabled.", "speech_to_text_disabled")
        refuse_if(part is None, "Please upload your audio.", "no_audio_uploaded")
    if part is None:
        raise ApiError(400, "bad_request_key_error", BAD_REQUEST)
    refuse_if(deaf, "Speech to text is not enabled")
    known = [*AUDIO, *(["audio/x-m4a"] if rules.since(1, 16, 1) else [])]
    odd = request.media_type(part) not in known
    refuse_if(odd, "Audio type not allowed.", "unsupported_audio_type", 415)
    large = len(await part.read()) > 30 * 1024 * 1024
    refuse_if(large, "Audio size larger than 30 mb", "audio_too_large", 413)
    return Reply({"text": request.world.transcript})


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


def download(world: World, path: str, query: Mapping[str, str]) -> Reply:
    """Answer GET /files/{id}/file-preview and /files/tools/{id}.{extension}."""
    file_id = path.removeprefix("/files/").removeprefix("tools/").partition("/")[0]
    stored = world.files.files.get(file_id.partition(".")[0])
    if stored is None or not world.files.opens(path, query):
        error = ApiError(404, "not_found", "File not found or signature is invalid")
        return Reply(error.body(), 404)
    media = stored.mime_type
    if not stored.made:  # what users uploaded is never shown by a browser
        media = "application/octet-stream"
    elif media == "application/octet-stream":
        media = mimetypes.guess_type(stored.name)[0] or media
    return Reply(media=media, content=stored.content)
