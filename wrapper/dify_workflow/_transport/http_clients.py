"""The httpx clients of our clients: as httpx's own, but they keep no cookies.

One client serves many users and keys at once: a cookie that came with the answer to one of them
must not go out with the request of another.
"""

from __future__ import annotations

from typing import Any

import httpx


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep nothing."""


_NO_COOKIES = _NoCookies()
_no_cookies: Any = property(lambda client: _NO_COOKIES)


class OwnClient(httpx.Client):
    """For the sync client."""

    cookies = _no_cookies  # pyright: ignore[reportIncompatibleMethodOverride]


class AsyncOwnClient(httpx.AsyncClient):
    """For the async client."""

    cookies = _no_cookies  # pyright: ignore[reportIncompatibleMethodOverride]
