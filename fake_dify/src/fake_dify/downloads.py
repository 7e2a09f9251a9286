"""The routes beside the API: signed download URLs and the health check."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping

from .errors import not_found
from .replies import Json, Raw
from .world import World


def download(world: World, path: str, query: Mapping[str, str]) -> Json | Raw:
    """Answer GET /files/{id}/file-preview and /files/tools/{id}.{extension}."""
    parts = path.split("/")
    file_id = parts[3].partition(".")[0] if parts[2:3] == ["tools"] and parts[3:] else parts[2]
    stored = world.files.files.get(file_id)
    if stored is None or not world.files.opens(path, query):
        return Json(not_found("File not found or signature is invalid").body(), 404)
    media = stored.mime_type
    if not stored.made:  # what users uploaded is never shown by a browser
        media = "application/octet-stream"
    elif media == "application/octet-stream":
        media = mimetypes.guess_type(stored.name)[0] or media
    return Raw((stored.content,), 200, media)


def health(world: World) -> Json:
    """Answer GET /health."""
    return Json({"pid": 1, "status": "ok", "version": world.rules.version}, line=False)
