"""What differs between the Dify versions that the stand-in can pretend to be.

Each property is one break seen between two recorded servers (1.8.1, 1.9.1, 1.10.1, 1.12.1, 1.13.2,
1.14.2, 1.15.0 and 1.16.1 were compared); a version in between takes the rules of the newer of its
neighbours. 1.16.1 is upstream of 2026-08-17, which calls itself so: other readers' ends no longer
kill a reader there, which the release of that name still has.
"""

from __future__ import annotations

import re

from attrs import field, frozen

OLDEST = (1, 8, 1)
NEWEST = "1.16.1"
ABORTED = "Aborted: User requested stop"
STOPPED_BY_USER = "Stopped by user."


def _parse(version: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"a Dify version looks like 1.14.2, not {version!r}")
    release = tuple(map(int, version.split(".")))
    if release < OLDEST:
        raise ValueError(f"FakeDify can pretend to be Dify 1.8.1 or later, not {version}")
    return release


@frozen
class Rules:
    """The rules of one Dify version, e.g. `Rules("1.12.1").ping_first is False`."""

    version: str
    release: tuple[int, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "release", _parse(self.version))

    def since(self, *release: int) -> bool:
        return self.release >= release

    @property
    def worker(self) -> bool:
        """Streaming runs are executed by a worker process, not inside the HTTP request."""
        return self.since(1, 13)

    @property
    def ping_first(self) -> bool:
        return self.since(1, 13)

    @property
    def ends_late(self) -> bool:
        """The stream is closed about one second after the terminal event, not at once."""
        return self.since(1, 13) and not self.since(1, 15)

    @property
    def errors_end_stream(self) -> bool:
        return not self.since(1, 13)

    @property
    def survives_disconnect(self) -> bool:
        return self.since(1, 10)

    @property
    def stop_needs_same_user(self) -> bool:
        return not self.since(1, 9)

    @property
    def streams_hold_slot(self) -> bool:
        """A streaming run counts against max_active_requests as long as it runs."""
        return not self.since(1, 13)

    @property
    def streams_end_variables(self) -> bool:
        """Every variable of the End node is streamed as text, not only the text of LLM nodes."""
        return self.since(1, 9)

    @property
    def streams_before_start(self) -> bool:
        """Variables taken straight from Start are streamed before Start's `node_started`."""
        return self.since(1, 14)

    @property
    def streams_defaults_at_once(self) -> bool:
        """Default outputs of a failed node are streamed with it, not with the next node."""
        return self.since(1, 14)

    @property
    def start_shows_system(self) -> bool:
        """Inputs and outputs of the Start node have the `sys.*` values, too."""
        return not self.since(1, 14)

    @property
    def stores_timestamp(self) -> bool:
        return self.since(1, 10)

    @property
    def closing_iteration_next(self) -> bool:
        """An iteration over n items sends n + 1 `iteration_next`."""
        return not self.since(1, 9)

    @property
    def tells_branches(self) -> bool:
        """Parallel branches have events of their own."""
        return not self.since(1, 9)

    @property
    def counts_children(self) -> bool:
        """Nodes inside iterations and loops count into `total_steps`."""
        return not self.since(1, 9)

    @property
    def counts_failures(self) -> bool:
        """A failed run has an `exceptions_count` of 1."""
        return self.since(1, 9)

    @property
    def counts_steps(self) -> bool:
        """`total_steps` is what it says; 1.9 always says 0."""
        return self.since(1, 10) or not self.since(1, 9)

    @property
    def new_id_per_retry(self) -> bool:
        return not self.since(1, 9)

    @property
    def owner_checked(self) -> bool:
        """A run may only use files that its own user uploaded."""
        return self.since(1, 14)

    @property
    def coerces_checkbox(self) -> bool:
        return self.since(1, 10)

    @property
    def logs_show_running(self) -> bool:
        return self.since(1, 11)

    @property
    def reads_null_mode(self) -> bool:
        """`response_mode: null` means blocking instead of an error."""
        return self.since(1, 11)

    @property
    def makes_ends_up(self) -> bool:
        """A refused run, and a stream that lacks a terminal event, end in a made-up one."""
        return self.since(1, 15)

    @property
    def ends_tell_errors(self) -> bool:
        """The made-up end behind an `error` event repeats its text."""
        return self.since(1, 16)

    @property
    def readers_kill_readers(self) -> bool:
        """The end of one reader of a run ends all others, and is noticed at the next write."""
        return self.since(1, 15) and not self.since(1, 16, 1)

    @property
    def refuses_second_resumption(self) -> bool:
        """Of two forms submitted at once, the second starts no leg but an `error`."""
        return self.since(1, 16)

    @property
    def ends_stopped_pauses(self) -> bool:
        """A form of a stopped run ends the run; before, the run hangs."""
        return self.since(1, 15)

    @property
    def redeploy_stops_runs(self) -> bool:
        return self.since(1, 16)

    @property
    def tells_forms(self) -> bool:
        """There are `human_input_form_filled` and `human_input_form_timeout`."""
        return not self.since(1, 16)

    @property
    def checks_form_texts(self) -> bool:
        """A text field that is filled in with something else fails the run."""
        return not self.since(1, 16)

    @property
    def forms_are_nodes(self) -> bool:
        """A form has the id of its node's execution."""
        return self.since(1, 16)

    @property
    def approval_channels(self) -> bool:
        return self.since(1, 15)

    @property
    def streams_reasoning(self) -> bool:
        return self.since(1, 15)

    @property
    def counts_failed_rounds(self) -> bool:
        """An iteration that goes on after a failed round makes the run partial-succeeded."""
        return self.since(1, 16)

    @property
    def tells_empty_iterations(self) -> bool:
        return self.since(1, 16)

    @property
    def names_server(self) -> bool:
        return not self.since(1, 15)

    @property
    def compact_json(self) -> bool:
        return self.since(1, 15)

    @property
    def site_placeholder(self) -> bool:
        return self.since(1, 16)

    @property
    def audio_codes(self) -> bool:
        """Refused audio has codes of its own; whether the app listens is asked first."""
        return self.since(1, 16)

    @property
    def audio_types(self) -> set[str]:
        """The Content-Types that are taken for audio, whatever the name of the file."""
        types = {"audio/mp3", "audio/m4a", "audio/wav", "audio/amr", "audio/mpga"}
        return types | {"audio/x-m4a"} if self.since(1, 16, 1) else types

    def serves(self, operation: str) -> bool:
        if operation in {"streamWorkflowEvents", "getHumanInputForm", "submitHumanInputForm"}:
            return self.since(1, 14)
        return operation != "getEndUser" or self.since(1, 13)

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

    def stored_error(self, error: str | None) -> str | None:
        """Return what the run detail says where the stream's last event says `error`."""
        return ABORTED if self.since(1, 15) and error == STOPPED_BY_USER else error
