"""`python -m fake_dify`."""

from .command import main

main()
