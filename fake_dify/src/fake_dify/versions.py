"""What differs between the Dify versions that the stand-in can pretend to be.

Each rule is one break seen between two recorded servers (1.8.1, 1.9.1, 1.10.1, 1.12.1, 1.13.2,
1.14.2, 1.15.0 and 1.16.1 were compared); a version in between takes the rules of the newer of its
neighbours. 1.16.1 is upstream of 2026-08-17, which calls itself so: other readers' ends no longer
kill a reader there, which the release of that name still has.
"""

from __future__ import annotations

import json
import re

from attrs import evolve, frozen

from .base import Data
from .checks import ScriptError
from .contract import Operation, contract
from .replies import ApiError, Reply

OLDEST = (1, 8, 1)
NEWEST = "1.16.1"
ABORTED = "Aborted: User requested stop"
STOPPED_BY_USER = "Stopped by user."


@frozen
class Rule:
    """Whether a version is one of those from `since` on, and before `until`."""

    since: tuple[int, ...] = (0,)
    until: tuple[int, ...] = (99,)

    def __get__(self, rules: Rules, owner: type[Rules]) -> bool:
        return self.since <= rules.release < self.until


class Rules:
    """The rules of one Dify version, e.g. `Rules("1.12.1").worker is False`."""

    def __init__(self, version: str) -> None:
        if not re.fullmatch(r"\d+\.\d+\.\d+", version):
            raise ScriptError(f"a Dify version looks like 1.14.2, not {version!r}")
        self.version: str = version
        self.release: tuple[int, ...] = tuple(map(int, version.split(".")))
        if not self.since(*OLDEST):
            raise ScriptError(f"FakeDify can pretend to be Dify 1.8.1 or later, not {version}")

    def since(self, *release: int) -> bool:
        return self.release >= release

    # Streaming runs are executed by a worker process, not inside the HTTP request, which begins
    # with a ping, is not ended by an `error`, and takes a slot of max_active_requests no longer.
    worker: Rule = Rule((1, 13))
    # The stream is closed about one second after the terminal event, not at once.
    ends_late: Rule = Rule((1, 13), (1, 15))
    survives_disconnect: Rule = Rule((1, 10))
    stop_needs_same_user: Rule = Rule(until=(1, 9))
    # Every variable of the End node is streamed as text, not only the text of LLM nodes.
    streams_end_variables: Rule = Rule((1, 9))
    # Variables taken straight from Start are streamed before Start's `node_started`.
    streams_before_start: Rule = Rule((1, 14))
    # Default outputs of a failed node are streamed with it, not with the next node.
    streams_defaults_at_once: Rule = Rule((1, 14))
    # Inputs and outputs of the Start node have the `sys.*` values, too.
    start_shows_system: Rule = Rule(until=(1, 14))
    stores_timestamp: Rule = Rule((1, 10))
    # An iteration over n items sends n + 1 `iteration_next`.
    closing_iteration_next: Rule = Rule(until=(1, 9))
    # Events of nodes tell their number, what came before, and the parallel branch.
    tells_order: Rule = Rule(until=(1, 9))
    # Nodes inside iterations and loops count into `total_steps`.
    counts_children: Rule = Rule(until=(1, 9))
    # A failed run has an `exceptions_count` of 1.
    counts_failures: Rule = Rule((1, 9))
    # `total_steps` of 1.9 is always 0.
    forgets_steps: Rule = Rule((1, 9), (1, 10))
    new_id_per_retry: Rule = Rule(until=(1, 9))
    # A run may only use files that its own user uploaded.
    owner_checked: Rule = Rule((1, 14))
    coerces_checkbox: Rule = Rule((1, 10))
    logs_show_running: Rule = Rule((1, 11))
    # `response_mode: null` means blocking instead of an error.
    reads_null_mode: Rule = Rule((1, 11))
    # A refused run, and a stream that lacks a terminal event, end in a made-up one.
    makes_ends_up: Rule = Rule((1, 15))
    # The made-up end behind an `error` event repeats its text.
    ends_tell_errors: Rule = Rule((1, 16))
    # The end of one reader of a run ends all others, and is noticed at the next write.
    readers_kill_readers: Rule = Rule((1, 15), (1, 16, 1))
    # Of two forms submitted at once, the second resumes nothing but sends an `error`.
    refuses_second_resumption: Rule = Rule((1, 16))
    # A form of a stopped run ends the run; before, the run hangs.
    ends_stopped_pauses: Rule = Rule((1, 15))
    redeploy_stops_runs: Rule = Rule((1, 16))
    # A text field that is filled in with something else fails the run.
    checks_form_texts: Rule = Rule(until=(1, 16))
    # A form has the id of its node's execution.
    forms_are_nodes: Rule = Rule((1, 16))
    # An iteration that goes on after a failed round makes the run partial-succeeded.
    counts_failed_rounds: Rule = Rule((1, 16))
    tells_empty_iterations: Rule = Rule((1, 16))
    names_server: Rule = Rule(until=(1, 15))
    compact_json: Rule = Rule((1, 15))
    # Refused audio has codes of its own; whether the app listens is asked first.
    audio_codes: Rule = Rule((1, 16))

    def stopped(self, *, llm: bool, nested: bool) -> tuple[str, str, str]:
        """Return how a stop ends: status and error in the stream, status in the run detail.

        llm: a model was streaming; nested: inside an iteration or between parallel branches.
        """
        if self.since(1, 16):
            return "stopped", ABORTED, "stopped"
        if not self.since(1, 10):
            return "stopped", STOPPED_BY_USER, "stopped"
        if nested or (self.since(1, 14) and not llm):
            return "failed", ABORTED, "stopped"
        return "stopped", STOPPED_BY_USER, "stopped" if self.since(1, 15) else "running"


# What was otherwise in events and replies; which fields there were is said by the contract's
# `x-since` and `x-until`.


def old_event(rules: Rules, event: Data) -> Data:
    """Return an event of Dify 1.16.1 as this version sends it."""
    event = contract().older_event(event, rules.release)
    name, data = event["event"], event.get("data")
    if rules.since(1, 14) or not isinstance(data, dict):
        return event
    used = data.get("execution_metadata") or {}
    if name == "loop_completed":
        for last in ("loop_duration_map", "loop_variable_map"):
            used[last] = used.pop(last, None)
    if rules.since(1, 10):
        return event
    if name == "workflow_finished":
        data["error"] = data["error"] or ""
    if name == "node_finished":
        data["execution_metadata"] = used
    if name.endswith("_completed"):
        del used["total_price"], used["currency"]
    if rules.since(1, 9):
        if name.startswith("iteration_"):
            del data["parallel_id"], data["parallel_start_node_id"]
        return event
    match name:
        case "node_finished":
            data["process_data"] = data["process_data"] or None
            if data["status"] == "exception":
                data["error"] = data["outputs"]["error_message"]
        case "node_retry":
            data |= dict.fromkeys(("inputs", "process_data", "outputs"))
            ids = ("iteration_id", "parallel_mode_run_id", "loop_id")
            data["execution_metadata"] = dict.fromkeys(ids)
        case "iteration_started":
            data["metadata"] = {"iterator_length": data["metadata"]["iteration_length"]}
    return event


def old_reply(rules: Rules, asked: Operation, reply: Reply, error: ApiError | None) -> Reply:
    """Return the reply as this version gives it; error: what it was made from."""
    operation, body = asked.id, reply.body
    if error is not None:
        return _old_error(rules, operation, reply, error)
    if not rules.since(1, 16) and operation != "getAppParameters":
        body = contract().older_reply(asked, body, rules.release)
    if operation in ("runWorkflow", "runWorkflowVersion") and not rules.since(1, 10):
        body["data"]["error"] = body["data"]["error"] or ""
    if operation == "getWorkflowRun" and not rules.since(1, 13):
        told = body["outputs"] or body["status"] == "running"
        body["outputs"] = json.dumps(body["outputs"]) if told else None
    if operation == "getAppSite" and not rules.since(1, 11):
        last = list(body)[list(body).index("description") : -1]  # icon_url stood before them
        body = {name: body[name] for name in body if name not in last} | body
    if operation == "listWorkflowLogs" and not rules.since(1, 11):
        for entry in body["data"]:
            entry["created_by_end_user"]["type"] = "service_api"
    return evolve(reply, body=body)


def _old_error(rules: Rules, operation: str, reply: Reply, error: ApiError) -> Reply:
    if operation == "getWorkflowRun" and error.status == 404 and not rules.since(1, 13):
        return Reply(dict.fromkeys(contract().example("WorkflowRunDetail")))
    if error.code == "file_too_large" and not rules.since(1, 14):
        return evolve(reply, body={**reply.body, "message": "File size exceeded. {message}"})
    if error.field is not None and not rules.since(1, 11):
        errors = {error.field: error.old_text}
        return Reply({"errors": errors, "message": "Input payload validation failed"}, 400)
    return reply
