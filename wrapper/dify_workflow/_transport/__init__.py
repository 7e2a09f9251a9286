"""What both clients need of httpx: messages, pools, downloads, audio, the log of requests."""
