"""The recordings and the server that replays them do what the other tests rely on."""

from __future__ import annotations

import httpx
from places import WIRE
from replay_server import ReplayServer, Reply
from wire_archive import VERSIONS, exchanges


def test_the_index_lists_every_recorded_exchange() -> None:
    lines = (WIRE / "INDEX.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert lines == [
        "\t".join(
            [
                item.version,
                item.case,
                item.method,
                item.path,
                str(item.status or "-"),
                item.content_type or "-",
                str(len(item.body)),
            ]
        )
        for item in exchanges()
    ]
    assert (VERSIONS[0], VERSIONS[-1]) == ("0.15.3", "1.16.1")
    readme = (WIRE / "README.md").read_text(encoding="utf-8")
    assert f" {len(lines):,} request/response pairs of twelve versions" in readme
    assert len(VERSIONS) == 12


def test_every_recorded_chunk_is_one_frame() -> None:
    streams = [item for item in exchanges() if item.is_stream]
    assert len(streams) > 350
    for item in streams:
        assert b"".join(item.frames()) == item.body
        for frame in item.frames():
            assert frame.endswith(b"\n\n"), item
            assert frame.count(b"\n\n") == 1, item
        data_frames = [frame for frame in item.frames() if frame.startswith(b"data:")]
        assert len(item.events()) == len(data_frames), item


def test_every_complete_response_arrives_as_recorded_over_one_connection() -> None:
    recorded = [item for item in exchanges("1.14.2") if item.complete]
    with ReplayServer([Reply.of(item) for item in recorded]) as server, httpx.Client() as client:
        for item in recorded:
            got = client.request(item.method, server.url + item.path)
            assert (got.status_code, got.content) == (item.status, item.body), item
            assert got.headers.multi_items() == [(k.lower(), v) for k, v in item.headers]
        assert server.connections == 1
        assert [request.target for request in server.requests] == [item.path for item in recorded]
