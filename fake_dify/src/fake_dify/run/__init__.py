"""One run in progress: its engine, its pauses, its text and its events."""
