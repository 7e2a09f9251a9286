"""Answers of the endpoints that take files: upload and speech."""

from __future__ import annotations

import os

from starlette.datastructures import UploadFile

from .errors import BAD_REQUEST, ApiError, invalid_param
from .exchange import ANONYMOUS, Exchange
from .files import StoredFile, file_type
from .replies import Json, Reply

MEGABYTES = {"image": 10, "video": 100, "audio": 50}


async def upload(x: Exchange) -> Reply:
    form = x.form
    files = {
        name: value
        for name, value in reversed(form.multi_items() if form is not None else [])
        if isinstance(value, UploadFile)
    }
    if "file" not in files:
        raise ApiError(400, "no_file_uploaded", "Please upload your file.")
    if len(files) > 1:
        raise ApiError(400, "too_many_files", "Only one file is allowed.")
    given = form.get("user") if form is not None else None
    user = x.user(given or ANONYMOUS)
    part = files["file"]
    name = part.filename or ""
    if not name:
        text = "The specified filename does not exist."
        raise ApiError(400, "filename_not_exists_error", text)
    if not part.content_type:
        text = "File type not allowed."
        raise ApiError(415, "unsupported_file_type", text)
    if "/" in name or "\\" in name:
        raise invalid_param("Filename contains invalid characters")
    stem, extension = os.path.splitext(name)
    content = await part.read()
    limit = MEGABYTES.get(file_type(extension.lstrip(".")), 15)
    if len(content) > limit * 1024 * 1024:
        raise ApiError(413, "file_too_large", "")
    name = stem[:200] + extension
    stored = StoredFile(name, content, part.content_type, owner=user.id, app_id=x.app.id)
    x.world.files.add(stored)
    return Json(
        {
            "id": stored.id,
            "reference": None,
            "name": name,
            "size": len(content),
            "extension": stored.extension,
            "mime_type": stored.mime_type,
            "created_by": user.id,
            "created_at": stored.created_at,
            "preview_url": None,
            "source_url": x.world.files.url(stored),
            "original_url": None,
            "user_id": None,
            "tenant_id": x.world.tenant_id,
            "conversation_id": None,
            "file_key": None,
        },
        201,
    )


async def audio_to_text(x: Exchange) -> Reply:
    form, rules = x.form, x.world.rules
    part = form.get("file") if form is not None else None
    if not x.app.speech and rules.audio_codes:
        raise ApiError(400, "speech_to_text_disabled", "Speech to text is disabled.")
    if not isinstance(part, UploadFile):
        if rules.audio_codes:
            raise ApiError(400, "no_audio_uploaded", "Please upload your audio.")
        raise ApiError(400, "bad_request_key_error", BAD_REQUEST)
    if not x.app.speech:
        raise invalid_param("Speech to text is not enabled")
    if part.content_type not in rules.audio_types:
        raise ApiError(415, "unsupported_audio_type", "Audio type not allowed.")
    if len(await part.read()) > 30 * 1024 * 1024:
        raise ApiError(413, "audio_too_large", "Audio size larger than 30 mb")
    return Json({"text": x.world.transcript})
