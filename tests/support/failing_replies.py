"""What a server answers when a call fails, early, in the middle of a stream, or not at all."""

from __future__ import annotations

from replay_server import Close, Reply
from wire_archive import exchange

STREAM = exchange("1.14.2", "run/empty_streaming")
DETAIL = exchange("1.14.2", "detail/partial")
UNAUTHORIZED = Reply.of(exchange("1.14.2", "errors/get_info_no_auth"))
TOO_MANY = Reply.of(exchange("1.14.2", "limit/max2_third_streaming"))
BAD_GATEWAY = Reply.html(502, "<html>Bad gateway</html>")
IN_STREAM = Reply.of(exchange("1.14.2", "errors/missing_required_streaming"), end=Close())
CUT = Reply.of(STREAM, stop_after=3, end=Close())
NOBODY = "http://127.0.0.1:9"
