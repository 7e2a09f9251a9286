"""One run as flows: started, followed, recovered. No I/O.

run: one execution of a workflow on the server; the logs list it by its id.
task: the job in which the server executes it; it has an id of its own, which stopping needs.
segment: what a run does between its start, its pauses for human input, and its end.
replay: the events of a run that the server sends again to a reader that comes later.
snapshot: the short forms of past events that a replay begins with.
detail: a run as one response tells it (GET /workflows/run/{id}); the last word on whether it ended.
idle: no byte comes from the server (`silence`); quiet: bytes may come, but no event.
made-up end: an end that a server from 1.15 on sends for a run that goes on, or never began.
held: an event that is not delivered until the detail shows whether it is made up.
adopt: to take a run from the logs as surely ours, by its user or an input of its own.
"""
