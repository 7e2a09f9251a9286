"""TLS that goes on with an earlier session of its server, which saves most of the handshake."""

from __future__ import annotations

import ssl
from typing import Any


class ResumingContext(ssl.SSLContext):
    """Begins TLS by another context, with the session of its server that was kept.

    It is for one server. A session is used until a handshake is not resumed by it, since to take
    one costs a third of what it saves. None is kept where the other context has `OP_NO_TICKET`.
    """

    _context: ssl.SSLContext
    _session: ssl.SSLSession | None = None

    def __new__(cls, context: ssl.SSLContext) -> ResumingContext:
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made._context = context
        return made

    def __init__(self, context: ssl.SSLContext) -> None:
        """Take the context whose settings count."""

    def wrap_socket(self, sock: Any, *how: Any, **more: Any) -> ssl.SSLSocket:
        """As that of the other context."""
        return self._context.wrap_socket(sock, *how, **{**more, "session": self._session})

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As that of the other context; anyio names no argument, asyncio does."""
        return self._context.wrap_bio(
            incoming, outgoing, server_side, server_hostname, session or self._session
        )

    def keep(self, tls: Any) -> None:
        """Keep the session of a connection that has ended, unless it went on with one."""
        if getattr(tls, "session_reused", True) or self._context.options & ssl.OP_NO_TICKET:
            return
        session = tls.session
        self._session = session if session is not None and session.has_ticket else None
