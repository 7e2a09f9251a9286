"""FakeDify as a tool: starting and stopping, apps and steps, what it reports, its ways in."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fake_dify import Emit, End, FakeDify, Gate, Input, Node, ScriptError, Step, Text
from fake_dify.state import Subscription
from fake_dify_calls import Plain, Serve, asked, decode, names


def call(dify: FakeDify, key: str = "", mode: str = "blocking", **inputs: Any) -> httpx.Response:
    with Plain(dify, key) as client:
        return client.post("/workflows/run", json=asked(mode, **inputs))


def outputs(response: httpx.Response) -> Any:
    return response.json()["data"]["outputs"]


def test_a_workflow_echoes_or_is_a_list_of_steps_or_a_function(dify: FakeDify) -> None:
    assert outputs(call(dify, text="你好", n=[1, None])) == {"text": "你好", "n": [1, None]}
    dify.workflow = [Text(["Hel", "lo "]), Node("up", lambda v: {"up": v["llm.text"].upper()})]
    assert outputs(call(dify)) == {"up": "HELLO"}
    dify.workflow = [*dify.workflow, End({"plain": "llm.text", "name": "start.name"})]
    assert outputs(call(dify, name="Ann")) == {"plain": "Hello", "name": "Ann"}
    dify.workflow = lambda inputs: [Node(outputs={"twice": inputs["n"] * 2})]
    assert outputs(call(dify, n=21)) == {"twice": 42}


def test_steps_of_ones_own(dify: FakeDify) -> None:
    class Shout(Step):
        async def perform(self, execution: Any, place: Any, /) -> None:
            node = await execution.node_started(place, "shout", "tool")
            given = execution.values(place)["text"]
            await execution.node_finished(place, node, outputs={"loud": given + "!"})

    dify.workflow = [Shout(), End({"loud": "shout.loud"})]
    assert outputs(call(dify, text="hey")) == {"loud": "hey!"}


def test_several_apps_by_key_and_built_in_workflows(dify: FakeDify) -> None:
    dify.app("app-two", [Node(outputs={"app": 2})])
    assert outputs(call(dify, "app-two")) == {"app": 2}
    assert call(dify, "app-failing").json()["data"]["status"] == "failed"
    assert call(dify, workflow="partial").json()["data"]["status"] == "partial-succeeded"
    assert call(dify, "app-nobody").status_code == 401


def test_declared_inputs_are_listed_and_checked(dify: FakeDify) -> None:
    dify.app("app-form", form=[Input("name", required=True, max_length=3), Input("n", "number")])
    given = outputs(call(dify, "app-form", name="Ann", n="1.50", other=1))
    assert given == {"name": "Ann", "n": 1.5}
    answer = call(dify, "app-form", name="Anna")
    assert answer.json()["message"] == "name in input form must be less than 3 characters"
    with Plain(dify, "app-form") as client:
        form = client.get("/parameters").json()["user_input_form"]
    assert [list(item) for item in form] == [["text-input"], ["number"]]


def test_frames_are_raw_utf_8_in_one_chunk_each(dify: FakeDify, client: Plain) -> None:
    dify.workflow = [Text(["a\u2028b", "😀"])]
    with client.running() as response:
        frames = b"".join(response.iter_raw()).split(b"\n\n")
    assert frames[0] == b"event: ping"
    assert any("a\u2028b".encode() in frame for frame in frames)
    assert any("😀".encode() in frame for frame in frames)
    compact = json.dumps(json.loads(frames[1][6:]), ensure_ascii=False, separators=(",", ":"))
    assert frames[1] == f"data: {compact}".encode()


def port(dify: FakeDify) -> int:
    return httpx.URL(dify.url).port or 0


def test_an_idle_connection_is_closed(serve: Serve) -> None:
    address = ("127.0.0.1", port(serve(keep_alive=0.05)[0]))
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(4096), b""))
    assert received.startswith(b"HTTP/1.1 200")


def test_requests_are_remembered_without_the_key(dify: FakeDify) -> None:
    call(dify, text="x")
    request = dify.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/workflows/run")
    assert (request.operation, request.status) == ("runWorkflow", 200)
    assert request.body["inputs"] == {"text": "x"}
    assert "authorization" not in request.headers
    assert dify.runs[0].event_names[-1] == "workflow_finished"


def test_stopping_ends_open_streams_and_the_thread() -> None:
    before = threading.active_count()
    dify = FakeDify(workflow=[Node(gate=Gate())]).start()
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(call, dify, mode="streaming")
        dify.wait_for(lambda: bool(dify.runs) and bool(dify.runs[0].readers))
        dify.stop()
        dify.stop()
        assert isinstance(reader.exception(), httpx.HTTPError)
    assert threading.active_count() == before


def test_the_port_in_use_is_an_error(dify: FakeDify) -> None:
    with pytest.raises(OSError, match="in use"):
        FakeDify(port=port(dify)).start()


def nothing(values: Any) -> Any:
    return {"x": values["nothing"]}


WRONG: list[tuple[Any, type[Exception], str, list[str]]] = [
    ([Emit("node_started", {"id": 5})], AssertionError, "node_started", ["succeeded"]),
    ([Node(outputs=nothing)], KeyError, "nothing", ["failed"]),
    (nothing, KeyError, "nothing", []),
    (lambda inputs: ["x"], ScriptError, r"workflow` returned\[0\] is 'x'", []),
]


@pytest.mark.parametrize(("workflow", "error", "told", "statuses"), WRONG)
def test_what_is_wrong_with_a_workflow_is_raised_at_the_end(
    workflow: Any, error: type[Exception], told: str, statuses: list[str]
) -> None:
    with pytest.raises(error, match=told), FakeDify(workflow=workflow) as dify:
        assert call(dify).status_code == (200 if statuses else 500)
    assert [run.status for run in dify.runs] == statuses


def test_requests_against_the_contract_are_raised_at_the_end() -> None:
    with FakeDify() as dify, Plain(dify) as client:
        assert client.get("/workflows/logs?last_id=1").is_success
        with pytest.raises(AssertionError, match="unknown parameter 'last_id'"):
            dify.raise_problems()
        body = {"inputs": {}, "user": 5, "mode": "x"}
        assert client.post("/workflows/run", json=body).is_success
        assert len(dify.violations) == 3
        dify.violations.clear()


def test_events_of_every_kind_pass(dify: FakeDify) -> None:
    log = {"node_id": "agent", "node_execution_id": "agent", "id": "r1", "label": "ROUND 1"}
    unset: dict[str, object] = {"parent_id": None, "error": None, "data": {}, "metadata": {}}
    dify.workflow = [
        Emit("agent_log", {**log, **unset, "status": "start"}),
        Emit("text_replace", {"text": "x"}),
        Emit("tts_message", fields={"audio": "AA=="}),
        Emit("brand_new", {"x": 1}),
    ]
    kinds = {"agent_log", "text_replace", "tts_message", "brand_new"}
    assert kinds < set(names(decode(call(dify, mode="streaming"))))


def test_an_exception_of_the_test_is_not_hidden() -> None:
    dify = FakeDify()
    dify.violations.append("something")
    with pytest.raises(ZeroDivisionError), dify:
        raise ZeroDivisionError


def test_the_oldest_unread_events_are_dropped() -> None:
    reader = Subscription(2)
    for number in range(3):
        reader.put({"event": str(number)})
    assert [event["event"] for event in reader.queue] == ["1", "2"]


NOON = 1795336238  # 2026-11-22T08:30:38Z


def test_each_filter_of_the_logs(dify: FakeDify, client: Plain) -> None:
    for index, status in enumerate(["succeeded", "failed", "stopped", "partial-succeeded"]):
        inputs = {"text": "plain" if index else "你好"}
        user, created_at = f"user-{index}", NOON + index
        dify.add_run(user=user, inputs=inputs, status=status, created_at=created_at)

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
