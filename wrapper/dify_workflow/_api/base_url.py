"""The base URL: what is accepted, and what to write instead of what is not."""

from __future__ import annotations

import re

import httpx
from dify_workflow_api.operations import OPERATIONS

from ..errors import InvalidArgument

DEFAULT_BASE_URL = "https://api.dify.ai/v1"

# The first parts of the API's own paths: a base URL that holds one is an endpoint's URL.
_ENDPOINT_STARTS = frozenset(path.split("/")[1] for _, path, _ in OPERATIONS.values())


def normalise_base_url(text: str) -> httpx.URL:
    """Return the API root, ending in ``/v1``, for a root with or without it.

    Raises `InvalidArgument` for anything else (a console page, an endpoint), with what to write.
    """
    url = _parsed(text)
    if url.userinfo:
        raise _refused("it must not hold a user name or password; use api_key")
    if url.port is not None and not 0 < url.port < 65_536:
        raise _refused("the port must be from 1 to 65535")
    parts = [part for part in url.raw_path.decode().partition("?")[0].split("/") if part]
    at = next((i for i, part in enumerate(parts) if part.lower() == "v1"), None)
    if at is not None:
        rest = parts[at + 1 :]
    else:
        at = next((i for i, part in enumerate(parts) if part in _NOT_API), len(parts))
        rest = parts[at:]
    path = "/".join(["", *parts[:at], "v1"])
    good = url.copy_with(raw_path=path.encode(), query=None, fragment=None)
    if url.host in _CLOUD_PAGES:
        good, rest = httpx.URL(DEFAULT_BASE_URL), [url.host]
    if url.query or url.fragment:
        raise _refused(f"it must not have a query or a fragment; write {good}")
    if rest:
        raise _refused(f"{url} is not the API's root; write {good}")
    return good


_NOT_API = _ENDPOINT_STARTS | {"console", "api", "app", "apps", "workflow", "datasets", "signin"}
_CLOUD_PAGES = frozenset({"cloud.dify.ai", "dify.ai", "www.dify.ai", "udify.app"})


def _parsed(text: str) -> httpx.URL:
    if not isinstance(text, str):
        raise _refused(f"text is needed, not a {type(text).__name__}")
    text = text.strip()
    if re.search(r"[\s\\]", text):
        raise _refused("it must not hold spaces or backslashes")
    try:
        url = httpx.URL(text)
        host = url.host
    except (httpx.InvalidURL, ValueError):  # the latter for a bad international host name
        raise _refused(f"it is not a URL such as {DEFAULT_BASE_URL}") from None
    if url.scheme not in ("http", "https") or not host:
        raise _refused(f"it must start with http:// or https://, as in {DEFAULT_BASE_URL}")
    return url


def _refused(why: str) -> InvalidArgument:
    return InvalidArgument(f"base_url: {why}", field="base_url")
