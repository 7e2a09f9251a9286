"""One module for each kind of measurement: `sync(made, job)` and `asynchronous(made, job)`."""
