"""`checkback settings`: every setting, what it is now and what it is for; and the page of the docs that says so."""

from typing import Annotated

import typer
from pydantic.fields import FieldInfo

from hub.cli import here, say
from hub.settings import PREFIX, SECRETS, SECRETS_HERE, Settings, WebSettings, WorkerSettings

KINDS = (
    (Settings, "Every process"),
    (WebSettings, "The web process"),
    (WorkerSettings, "The pump, the workers and the scheduler"),
)

INTRODUCTION = f"""# Settings

Written by `make docs` from `hub/settings.py`; a test holds the two together.

A setting comes from the environment, or else from a file of its name, in small letters, in `{SECRETS}`
(elsewhere: `{SECRETS_HERE}`), or else it is the default. `checkback settings` shows what is in force.
`DATABASE_URL` and `REDIS_URL` are understood as well.
"""


def own_fields(kind: type[Settings]) -> dict[str, FieldInfo]:
    """The fields that this class adds."""
    inherited = set() if kind is Settings else set(Settings.model_fields)
    return {name: field for name, field in kind.model_fields.items() if name not in inherited}


def variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        made = field.default_factory(_Names())  # type: ignore[call-arg]
        return f"`{made}`"
    if field.default is None or field.default == "":
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


class _Names(dict[str, "_Names"]):
    """Stands for the settings in a default that is made of others, so that the page names the others."""

    def __missing__(self, name: str) -> "_Name":
        return _Name(name)


class _Name:
    def __init__(self, name: str) -> None:
        self._name = name

    def __truediv__(self, rest: str) -> str:
        return f"<{variable(self._name)}>/{rest}"


def page() -> str:
    """docs/settings.md."""
    parts = [INTRODUCTION]
    for kind, title in KINDS:
        parts.append(f"## {title}\n\n| setting | default | what it is for |\n|---|---|---|")
        parts.extend(
            f"| `{variable(name)}` | {default(field)} | {field.description} |"
            for name, field in own_fields(kind).items()
        )
        parts.append("")
    return "\n".join(parts)


def settings(
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/settings.md instead.")] = False,
) -> None:
    """Show every setting: what it is now, and what it is for."""
    if markdown:
        print(page(), end="")
        return
    for kind, title in KINDS:
        now = here.settings(kind)
        say.say(f"\n## {title}")
        for name, field in own_fields(kind).items():
            say.say(f"# {field.description}\n{variable(name)}={_shown(getattr(now, name), field)}")


def _shown(value: object, field: FieldInfo) -> str:
    text = "" if value is None else str(value)
    if field.repr:
        return text
    scheme, _, rest = text.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}" if "@" in rest else text
