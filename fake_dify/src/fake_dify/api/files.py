"""Replies of the endpoints that take files (upload and speech), and of signed download URLs."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Mapping

from ..contract import contract
from ..files import StoredFile, file_type
from ..replies import BAD_REQUEST, ApiError, Reply, refuse_if
from ..world import World
from .request import ANONYMOUS, ApiRequest

MEGABYTES = {"image": 10, "video": 100, "audio": 50}


async def upload(request: ApiRequest) -> Reply:
    world, files = request.world, request.files
    refuse_if("file" not in files, 400, "no_file_uploaded", "Please upload your file.")
    refuse_if(len(files) > 1, 400, "too_many_files", "Only one file is allowed.")
    user = request.user(request.form.get("user") or ANONYMOUS)
    part = files["file"]
    name = part.filename or ""
    text = "The specified filename does not exist."
    refuse_if(not name, 400, "filename_not_exists_error", text)
    kind = part.content_type or ""
    refuse_if(not kind, 415, "unsupported_file_type", "File type not allowed.")
    text = "Filename contains invalid characters"
    refuse_if("/" in name or "\\" in name, 400, "invalid_param", text)
    stem, extension = os.path.splitext(name)
    content = await part.read()
    limit = MEGABYTES.get(file_type(extension.lstrip(".")), 15)
    refuse_if(len(content) > limit * 1024 * 1024, 413, "file_too_large", "")
    about = (stem[:200] + extension, content, kind, user.id, request.app.id)
    stored = world.files.add(StoredFile(*about))
    by = {"created_by": user.id, "tenant_id": world.tenant_id}
    url = world.files.url(stored)
    told = contract().fill("UploadedFile", stored, size=len(content), source_url=url, **by)
    return Reply(told, 201)


async def audio_to_text(request: ApiRequest) -> Reply:
    rules, part, deaf = request.world.rules, request.files.get("file"), not request.app.speech
    if rules.audio_codes:
        refuse_if(deaf, 400, "speech_to_text_disabled", "Speech to text is disabled.")
        refuse_if(part is None, 400, "no_audio_uploaded", "Please upload your audio.")
    if part is None:
        raise ApiError(400, "bad_request_key_error", BAD_REQUEST)
    refuse_if(deaf, 400, "invalid_param", "Speech to text is not enabled")
    odd = part.content_type not in rules.audio_types
    refuse_if(odd, 415, "unsupported_audio_type", "Audio type not allowed.")
    large = len(await part.read()) > 30 * 1024 * 1024
    refuse_if(large, 413, "audio_too_large", "Audio size larger than 30 mb")
    return Reply({"text": request.world.transcript})


def download(world: World, path: str, query: Mapping[str, str]) -> Reply:
    """Answer GET /files/{id}/file-preview and /files/tools/{id}.{extension}."""
    parts = path.split("/")
    file_id = parts[3].partition(".")[0] if parts[2:3] == ["tools"] and parts[3:] else parts[2]
    stored = world.files.files.get(file_id)
    if stored is None or not world.files.opens(path, query):
        error = ApiError(404, "not_found", "File not found or signature is invalid")
        return Reply(error.body(), 404)
    media = stored.mime_type
    if not stored.made:  # what users uploaded is never shown by a browser
        media = "application/octet-stream"
    elif media == "application/octet-stream":
        media = mimetypes.guess_type(stored.name)[0] or media
    return Reply(media=media, chunks=(stored.content,))
