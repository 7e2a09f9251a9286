"""Replies of the endpoints that take files (upload and speech), and of signed download URLs."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Mapping

from ..contract import fill
from ..files import StoredFile, file_type
from ..replies import BAD_REQUEST, ApiError, Reply, refuse_if
from ..world import World
from .request import ANONYMOUS, ApiRequest

AUDIO = ("audio/mp3", "audio/m4a", "audio/wav", "audio/amr", "audio/mpga")
MEGABYTES = {"image": 10, "video": 100, "audio": 50}


async def upload(request: ApiRequest) -> Reply:
    world, files = request.world, request.files
    refuse_if("file" not in files, "Please upload your file.", "no_file_uploaded")
    refuse_if(len(files) > 1, "Only one file is allowed.", "too_many_files")
    user = request.user(request.form.get("user") or ANONYMOUS)
    part = files["file"]
    name = part.filename or ""
    text = "The specified filename does not exist."
    refuse_if(not name, text, "filename_not_exists_error")
    kind = part.content_type or ""
    refuse_if(not kind, "File type not allowed.", "unsupported_file_type", 415)
    refuse_if("/" in name or "\\" in name, "Filename contains invalid characters")
    stem, extension = os.path.splitext(name)
    content = await part.read()
    limit = MEGABYTES.get(file_type(extension.lstrip(".")), 15)
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
    refuse_if(
        part.content_type not in known, "Audio type not allowed.", "unsupported_audio_type", 415
    )
    large = len(await part.read()) > 30 * 1024 * 1024
    refuse_if(large, "Audio size larger than 30 mb", "audio_too_large", 413)
    return Reply({"text": request.world.transcript})


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
