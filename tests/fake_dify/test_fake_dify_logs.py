"""The logs of FakeDify: each filter finds what it should, in the order of the server."""

from __future__ import annotations

from typing import Any

import httpx
from fake_dify import FakeDify

NOON = 1795336238  # 2026-11-22T08:30:38Z


def test_each_filter() -> None:
    with FakeDify() as dify:
        headers = {"authorization": f"Bearer {dify.api_key}"}
        with httpx.Client(base_url=dify.url, headers=headers, verify=False) as client:
            add_runs(dify)
            check(dify, client)


def add_runs(dify: FakeDify) -> None:
    for index, status in enumerate(["succeeded", "failed", "stopped", "partial-succeeded"]):
        dify.add_run(
            user=f"user-{index}",
            inputs={"text": "你好" if index == 0 else "plain"},
            status=status,
            error="boom" if status == "failed" else None,
            created_at=NOON + index,
        )


def check(dify: FakeDify, client: httpx.Client) -> None:
    def found(**query: Any) -> list[int]:
        page = client.get("/workflows/logs", params=query).json()
        assert page["total"] >= len(page["data"])
        return [entry["created_at"] - NOON for entry in page["data"]]

    assert found() == [3, 2, 1, 0]
    assert found(limit=2) == [3, 2]
    assert found(limit=2, page=2) == [1, 0]
    assert found(page=9) == []
    assert found(status="succeeded") == [0]
    assert found(created_by_end_user_session_id="user-1") == [1]
    assert found(created_by_account=dify.world.account) == []
    assert found(created_at__after="2026-11-22T08:30:40Z") == [3, 2]
    assert found(created_at__before="2026-11-22T16:30:39+08:00") == [1, 0]
    assert found(created_at__before="2026-11-22 08:30:38") == [0]
    assert found(created_at__after="2026-11-22") == [3, 2, 1, 0]
    assert found(keyword="USER-2") == [2]
    assert found(keyword='"text"') == [3, 2, 1, 0]
    assert found(keyword="你好") == []
    assert found(keyword="\\u4f60") == [0]
    assert found(keyword=dify.runs[1].id) == [1]
