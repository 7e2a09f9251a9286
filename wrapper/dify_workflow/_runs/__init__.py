"""One run as flows: started, followed, recovered. No I/O."""
