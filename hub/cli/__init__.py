"""The command line: `checkback`. One file a noun; `app` puts them together."""


def main() -> None:
    from hub.cli.app import run  # noqa: PLC0415 - so that `hub.cli.embedded` can be had without all commands

    run()
