"""One run as flows: started, followed, recovered. No I/O.

run: one execution of a workflow on the server; it has an id, as it is in the logs.
task: what the server works on it with; its id is another one, and stopping needs it.
segment: what a run does between its start, its pauses for human input, and its end.
replay: the events of a run that the server sends again to a reader that comes later.
snapshot: the short forms of past events that a replay begins with.
detail: a run as one response tells it (GET /workflows/run/{id}); the last word on whether it ended.
idle: no byte comes from the server (`silence`); quiet: bytes may come, but no event.
made-up end: an end that a server from 1.15 on tells of a run which goes on, or never was.
held: an event that is kept back until the detail has told whether it is made up.
adopt: to take a run from the logs as surely ours, by its user or an input of its own.
"""
