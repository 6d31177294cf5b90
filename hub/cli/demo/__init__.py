"""`checkback demo`: a story, played by the agencies' own clients against a real hub, and told in the terminal.

    command   which story, and what is said when it stops
    place     the hub that it is played against: the one that runs here, or one of its own
    stage     the agencies' clients, each with its own credential and keys, and waiting for what must happen
    tell      the narrator, and `words`: what codes and moments are called
    moved     the story of a family that moved; what its people say is in `moved_said`

Another story is another module with a `play`, and a line in `command.STORIES`.
"""

from hub.cli.demo.command import demo

__all__ = ["demo"]
