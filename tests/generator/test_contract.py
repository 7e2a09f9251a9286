"""The contract is well formed, complete, and true of everything that was recorded."""

from __future__ import annotations

import functools
import shutil
import subprocess
from typing import Any

import pytest
from contract_edits import SPEC
from openapi_spec_validator import validate
from places import ROOT
from wire_archive import VERSIONS, Exchange, exchanges

from generator.compare.claims import Contract, is_older
from generator.compare.truth import Claim

CONTRACT = Contract(SPEC)
SCHEMAS: dict[str, Any] = SPEC["components"]["schemas"]
DETAIL = "#/paths/~1workflows~1run~1{workflow_run_id}/get/"
OLDER = [version for version in VERSIONS if is_older(version)]
WHOLE = [version for version in VERSIONS if not is_older(version)]
"""The versions that send all that the contract requires, and whose requests it describes."""

LAX = {
    "errors/user_int": "the server turns a user of any type into text; the contract asks for text",
    "errors/user_obj": "the server turns a user of any type into text; the contract asks for text",
    "run/mode_null": "the server takes null for absent; the contract leaves it to absence",
    "events/finished_bad_bool": "the server takes any text but `true` for false",
    "run/workflow_id_in_body": "the server ignores unknown keys; the version belongs in the path",
}
"""Requests sent to see what a server puts up with, which the contract does not offer."""

LINTERS = {
    "@redocly/cli@2.77.0": "redocly lint",
    "@stoplight/spectral-cli@6.16.3": "spectral lint --ruleset=.spectral.yaml --fail-severity=hint",
}
EVENTS: dict[str, dict[str, Any]] = {
    name: CONTRACT.at(place)
    for name, place in SCHEMAS["WorkflowEvent"]["discriminator"]["mapping"].items()
}


@functools.cache
def claims(version: str) -> dict[str, list[Claim]]:
    return {exchange.case: list(CONTRACT.claims(exchange)) for exchange in exchanges(version)}


def events(version: str) -> list[dict[str, Any]]:
    """Give the recorded events of a version."""
    return [one.value for made in claims(version).values() for one in made if one.by_event]


# Form


@pytest.mark.long
def test_is_valid_openapi() -> None:
    validate(SPEC)


@pytest.mark.slow
@pytest.mark.index
@pytest.mark.skipif(shutil.which("npx") is None, reason="there is no npx")
@pytest.mark.parametrize("package", LINTERS)
def test_the_linters_of_others_find_nothing(package: str) -> None:
    """What is left out has its reason in their settings."""
    command = ["npx", "--yes", f"--package={package}", "--", *LINTERS[package].split()]
    done = subprocess.run(
        [*command, "dify-workflow.yaml"],
        cwd=ROOT / "openapi",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    told = done.stdout.lower().replace("deprecation warning", "")
    assert "warning" not in told, done.stdout


def test_each_tag_is_used_and_each_operation_can_be_refused() -> None:
    """What else an operation, a field and a component need is held by generator/lint."""
    found = CONTRACT.operations()
    tags = {tag["name"] for tag in SPEC["tags"]}
    assert tags == {tag for operation in found for tag in operation.node["tags"]}
    refusals = {"401", "403", "500"}
    assert [one.where for one in found if not refusals < set(one.node["responses"])] == []


def test_the_parts_of_an_event_have_its_name() -> None:
    union = SCHEMAS["WorkflowEvent"]
    mapping: dict[str, str] = union["discriminator"]["mapping"]
    assert [member["$ref"] for member in union["oneOf"]] == list(mapping.values())
    for event, place in mapping.items():
        begin = "#/components/schemas/" + "".join(word.capitalize() for word in event.split("_"))
        assert place == f"{begin}Event"
        *_, own = CONTRACT.at(place).get("allOf", [CONTRACT.at(place)])
        data = own["properties"].get("data", {"$ref": f"{begin}Data"})
        assert data["$ref"] == f"{begin}Data"


# Truth


def test_the_current_version_is_the_newest_recorded_one() -> None:
    assert VERSIONS[-1] == SPEC["info"]["version"]


@pytest.mark.long
@pytest.mark.parametrize("version", WHOLE)
def test_everything_recorded_satisfies_its_schema(version: str) -> None:
    """But requests outside the contract are those that are listed, each of them wrong itself."""
    found: list[str] = []
    outside: dict[str, set[bool]] = {}
    for case, made in claims(version).items():
        for claim in made:
            if errors := CONTRACT.errors(claim) + CONTRACT.undeclared(claim):
                found += [] if case in LAX else errors
                outside.setdefault(case, set()).add(claim.sent)
    assert not found
    assert outside == {case: {True} for case in LAX if case in claims(version)}


@pytest.mark.sample(4)
@pytest.mark.parametrize("version", OLDER)
def test_older_servers_send_nothing_else_but_may_send_less(version: str) -> None:
    # Run details had JSON text, date text and nulls in other places: see their descriptions.
    old_detail = tuple(map(int, version.split("."))) < (1, 13)
    found = []
    for claim in (one for made in claims(version).values() for one in made if not one.sent):
        found += CONTRACT.undeclared(claim)
        if not (old_detail and claim.place.startswith(DETAIL)):
            found += CONTRACT.errors(claim)
    assert not found


def test_every_example_satisfies_its_schema() -> None:
    made = list(CONTRACT.examples())
    assert len(made) > 400
    assert not [
        error for claim in made for error in CONTRACT.errors(claim) + CONTRACT.undeclared(claim)
    ]


def test_every_event_but_a_few_is_recorded() -> None:
    sent = {version: {event["event"] for event in events(version)} for version in WHOLE}
    missing = set(EVENTS) - set().union(*sent.values())
    assert missing == {name for name, node in EVENTS.items() if node.get("x-recorded") is False}
    gone = {name for name, node in EVENTS.items() if "x-until" in node}
    assert gone
    assert not gone & sent[VERSIONS[-1]]


def test_an_end_that_the_server_made_up_names_nobody() -> None:
    told = [event for version in WHOLE for event in events(version)]
    ends = [event["data"] for event in told if event["event"] == "workflow_finished"]
    made_up = [end for end in ends if not end["created_by"]]
    assert len(made_up) > 15
    assert all(end["outputs"] is None and end["status"] == "failed" for end in made_up)
    assert all({"id", "user"} == set(end["created_by"]) for end in ends if end["created_by"])


def test_every_recorded_answer_has_the_headers_that_are_required() -> None:
    headers = SPEC["components"]["headers"]
    assert [name for name, header in headers.items() if header.get("required")] == ["Version"]
    assert [e for e in exchanges() if e.status and e.header("x-version") != e.version] == []
    asking = [e for v in WHOLE for e in exchanges(v) if e.status == 401]
    assert len(asking) > 20
    assert all(e.header("www-authenticate") for e in asking)
    for operation in CONTRACT.operations():
        for status, answer in operation.node["responses"].items():
            wanted = {"X-Version", "WWW-Authenticate"} if status == "401" else {"X-Version"}
            assert set(CONTRACT.resolved(answer)["headers"]) == wanted, (operation.where, status)


def test_every_recorded_error_code_is_named_where_it_occurs() -> None:
    missing = []
    for exchange in (exchange for version in WHOLE for exchange in exchanges(version)):
        if exchange.status >= 400 and "json" in exchange.content_type:
            code = exchange.json()["code"]
            if f"`{code}`" not in description(exchange):
                missing.append(f"{exchange}: {exchange.status} {code}")
    assert not missing


def description(exchange: Exchange) -> str:
    routed = CONTRACT.route(exchange)
    if routed is None:
        # `not_workflow_app` and the like of other apps' routes are no part of this contract.
        # Nor is the preview of files, which is for the messages of chat apps.
        chat = exchange.path.partition("?")[0].endswith("/preview")
        ours = exchange.status in (404, 405) and exchange.path.startswith("/v1/") and not chat
        return str(SPEC["info"]["description"]) if ours else f"`{exchange.json()['code']}`"
    operation = CONTRACT.at(routed[0])
    answer = CONTRACT.resolved(operation["responses"][str(exchange.status)])
    return str(answer["description"]) + str(operation["description"])
