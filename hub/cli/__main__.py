"""`python -m hub.cli` is `checkback`."""

from hub.cli import main

main()
