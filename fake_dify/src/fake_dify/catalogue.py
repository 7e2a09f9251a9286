"""The catalogue of faults: each has a name, and says what a right client does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from .checks import ScriptError, require
from .faults import Answer, Ending, Fault, Faults
from .world import World

BUSY: dict[str, str | int] = {
    "code": "too_many_requests",
    "message": "Too many requests.",
    "status": 429,
}


@frozen
class Entry:
    """A fault by its name.

    at: the number of events before it, where it has such a place; times: for how many requests it
    holds, None for all; settings: of `World`.
    """

    does: str
    right: str
    make: Callable[[int], Fault | Answer] | None = None
    at: int | None = None
    times: int | None = None
    settings: Mapping[str, Any] = field(factory=dict)


def _stream(then: Ending) -> Callable[[int], Fault]:
    return lambda at: Fault(then=then, after_events=at)


FIND = "asks for the run by its id until it has ended, and never posts it again"
CATALOGUE: dict[str, Entry] = {
    "cut": Entry(
        "The stream of a run ends regularly behind event n, without its last event.",
        f"Notices that no terminal event came, {FIND}.",
        _stream("eof"),
        2,
    ),
    "reset": Entry(
        "The connection is reset behind event n of a run's stream.",
        f"Does the same as after a regular end: it {FIND}.",
        _stream("reset"),
        2,
    ),
    "cut-inside-event": Entry(
        "The stream of a run ends inside an event, behind event n.",
        f"Does not take half an event for a whole one; it {FIND}.",
        _stream("cut inside event"),
        2,
    ),
    "silent": Entry(
        "Nothing comes any more behind event n of a run's stream, not even pings; the connection "
        "stays open.",
        f"Has an idle timeout longer than the 10 s between pings; when it is over, it {FIND}.",
        _stream("silence"),
        2,
    ),
    "terminal-lost": Entry(
        "The last event of a run is not sent; pings follow until the idle limit of 300 s.",
        "Does not believe that pings mean a running run: asks for the run's detail now and then.",
        lambda at: Fault(then="lose terminal"),
    ),
    "502-twice": Entry(
        "The next two requests get the page of a gateway, 502 in HTML; they are not carried out.",
        "Does not read HTML as JSON. Sends a GET again, with growing pauses; never a POST of a "
        "run, which may have begun.",
        lambda at: Answer(on="*"),
        times=2,
    ),
    "made-up-end": Entry(
        "Behind event n, a run's stream has a made-up `workflow_finished` (`failed`: Workflow "
        "stream ended without a terminal event), and ends. The run goes on.",
        "Asks for the run's detail before it believes such an end; while the run is `running`, it "
        "follows it.",
        _stream("made-up end"),
        2,
    ),
    "two-forms-lost": Entry(
        "Of two forms of one pause, submitted before the run has paused again, the second is taken "
        "(200) and lost: the run waits for it for ever.",
        "Submits one form, waits until the run has paused again, submits the next.",
        settings={"two_forms": "lost", "resume_delay": 0.5},
    ),
    "two-forms-doubled": Entry(
        "A second form, submitted before the run has paused again, brings an `error` and a made-up "
        "end while the run goes on; before Dify 1.16, every event comes twice.",
        "Submits forms one after the other; takes an event that it has seen for one.",
        settings={"two_forms": "doubled", "resume_delay": 0.5},
    ),
    "killed-reader": Entry(
        "When one reader of a run leaves, the streams of all others end without their last event.",
        f"Treats it as any cut: it {FIND}.",
        settings={"kills_readers": True},
    ),
    "duplicate-429": Entry(
        "The next two posts of a run are refused: 429, `too_many_requests`, `Retry-After: 1`. No "
        "run was begun.",
        "Waits as `Retry-After` says and posts again: here alone a second post is no second run.",
        lambda at: Answer(status=429, body=BUSY, headers={"retry-after": "1"}),
        times=2,
    ),
    "slow-record": Entry(
        "For two seconds after a run's start, its detail is 404 and the logs do not list it.",
        "Does not take 404 for the end of a run that its stream has named: asks again for a while.",
        settings={"recorded_after": 2.0},
    ),
}


def switch_on(
    world: World, faults: Faults, name: str, at: int | None = None, times: int | None = None
) -> None:
    """Switch on a fault of the catalogue; at, times: as of `Entry`, else as it has them."""
    entry = CATALOGUE.get(name)
    if entry is None:
        raise ScriptError(f"there is no fault {name!r}; there are {', '.join(CATALOGUE)}")
    require(at, int | None, f"{name}: at")
    require(times, int | None, f"{name}: times")
    if at is not None and entry.at is None:
        raise ScriptError(f"{name} happens at no event: {name}:{at} says nothing")
    if entry.make is not None:
        make = entry.make(entry.at or 0 if at is None else at)
        faults.add(make, entry.times if times is None else times)
    for setting, value in entry.settings.items():
        world.usual.setdefault(setting, getattr(world, setting))
        setattr(world, setting, value)
    faults.named.append(name)


def switch_off(world: World, faults: Faults) -> None:
    """Switch all faults off."""
    faults.clear()
    for setting, value in world.usual.items():
        setattr(world, setting, value)
    world.usual.clear()


def as_markdown() -> str:
    """Return the catalogue as a table."""
    rows = [
        f"| `{name}{':n' if entry.at is not None else ''}` | {entry.does} | {entry.right} |"
        for name, entry in CATALOGUE.items()
    ]
    head = "| name | what the server does | a right client |"
    return "\n".join([head, "| --- " * 3 + "|", *rows])
