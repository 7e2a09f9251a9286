"""Operations that FakeDify does not play are answered from the contract's examples."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import fake_dify.contract as of_fake_dify
import pytest
from fake_dify.contract import Contract, contract
from fake_dify_calls import Plain, Serve

COST = {"type": "object", "required": ["amount", "by"], "properties": {}}
COST["properties"] = {
    "amount": {"type": "integer", "description": "Credit.", "examples": [3]},
    "by": {"type": "array", "items": {"$ref": "#/components/schemas/LogEndUser"}},
}

EVENT = {"event": "cost"}


def operation(name: str, media: str, content: Any) -> dict[str, Any]:
    described = {"description": "What there is.", "content": {media: content}}
    refused = {"$ref": "#/components/responses/Unauthorized"}
    return {"get": {"operationId": name, "responses": {"200": described, "401": refused}}}


@pytest.fixture(autouse=True)
def grown(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the stand-in a contract with three operations that it does not know."""
    document = copy.deepcopy(of_fake_dify.load())
    document["paths"] |= {
        "/costs/{id}": operation("getCost", "application/json", {"schema": COST}),
        "/costs/stream": operation("streamCosts", "text/event-stream", {"example": EVENT}),
        "/costs/picture": operation("getPicture", "image/png", {"example": "PNG"}),
    }
    document["paths"]["/costs/{id}"]["get"]["x-since"] = "1.15.0"
    monkeypatch.setattr(of_fake_dify, "load", lambda: document)
    contract.cache_clear()
    yield
    contract.cache_clear()


def test_the_reply_is_made_of_the_examples(serve: Serve) -> None:
    dify, client = serve()
    reply = client.get("/costs/1")
    assert (reply.status_code, reply.json()["amount"]) == (200, 3)
    assert set(reply.json()["by"][0]) == {"id", "type", "is_anonymous", "session_id"}
    assert reply.headers["x-version"] == dify.version
    with Plain(dify, "app-nobody") as nobody:
        assert nobody.get("/costs/1").status_code == 401
    assert dify.posts("getCost") == 2
    assert client.get("/costs/stream").text == 'event: ping\n\ndata: {"event":"cost"}\n\n'
    assert client.get("/costs/picture").content == b"PNG"
    # It is there from its version on.
    assert [serve(v)[1].get("/costs/1").status_code for v in ("1.14.2", "1.15.0")] == [404, 200]


def test_every_operation_has_an_example() -> None:
    made = Contract(of_fake_dify.load())
    for one in made.operations:
        status, media, body = made.example_reply(one)
        if media == "application/json":
            assert made.reply_problems(one, status, body) == [], one.id
