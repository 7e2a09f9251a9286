"""Every limit on time and retries, in seconds where nothing else is said, with its reason.

`options.DEFAULT_TIMEOUT` is that of a plain request. Callers set what has an option; the rest
follows from how Dify, and what stands before it, behave.
"""

from __future__ import annotations

# Timers and sleeps.
EARLY = 0.01  # timers fire that much early at most
MOMENT = 0.001  # the shortest wait

# Sending a request again.
FIRST_PAUSE = 0.5  # it doubles
LONGEST_PAUSE = 8.0
LAST_TRY = 1.0  # before the deadline
LONGEST_RETRY_AFTER = 120.0  # a server that asks for more gets no automatic retry

# A stream: time spent waiting for bytes.
SILENCE = 60.0  # without a byte; a running run pings every 10
QUEUED_SILENCE = 310.0  # a queued run sends nothing, and the server gives up after 300
LULL = 25.0  # behind the first event, two pings and a half: ask the run's detail
LOOK_EVERY = 15.0  # without a byte of a response, or an event: look for the run in the logs
END_COMES_IN = 3.0  # the POST's stream may still tell an end that the detail has
# A start that may be made up is held back, and then the end that makes it a refusal: the end comes
# at once, and behind it the server ends the stream within milliseconds.
START_HELD = 2.0
REFUSAL_HELD = 0.25
LATE_SPEECH = 15.0  # behind the end for the next piece of speech, where some has come
NO_SPEECH = 0.25  # where none has: the server closes the stream at once when none comes

# A run whose stream was cut.
PATIENCE = 1260.0  # without any change; the server itself ends a run after 1,200
LEAST_LOOKS = 10  # in that time: a consumer that sleeps is not the run's silence
QUIET = 15.0  # without an event: ask the run's detail (pings prove nothing in a replay)
FIRST_QUIET = 3.0  # the same, in the first minute
FIRST_MINUTE = 60.0
DOUBT = 60.0  # without a change after an `error` event that the run's detail does not confirm
ATTACH_EVERY = 10.0  # at most, where a server silences readers; while nothing comes of it,
ATTACH_LATER = 4  # times half as much again: our leaving silences a reader too
RECORDED_AFTER = 30.0  # a server may put a new run on record late
RECORD_EVERY = 1.0  # at most between two looks for a run that is not on record yet
ATTACHED_AFTER = 5.0  # a run that somebody attaches to is on record, or is none
RESUMED_AFTER = 30.0  # from the answer to a pause's last form to the run's next step
LAST_LOOKS = 5  # times the last look is repeated while there is no response
POLL_LONGEST = 10.0  # between looks
ENDED_UNSEEN = 3  # times the detail says "ended" and the events do not
FORMS_UNSEEN = 20  # ... "paused", and only the events tell all of its forms
FIND_ATTEMPTS = 60  # looks at the logs without a response in all: a deploy takes minutes
CLOCK_SLACK = 2.0  # between the seconds of our clock and the server's

# Stopping a run.
STOP_TIMEOUT = 5.0  # for the stop that `stop_on_exit` sends
TASK_ID_WAIT = 30.0  # for an event of the run that tells its task's id
STOP_PATIENCE = 15.0  # 1.10 to 1.13 leave the detail of a stopped run at `running`,
LONG_STOP_PATIENCE = 60.0  # and so does 1.14, but only of some
