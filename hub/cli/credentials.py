"""`checkback credentials`: what an agency's system calls with. Shown once, kept as a hash, revocable."""

from datetime import timedelta
from typing import Annotated

import typer

from agencies.callers import issue as issue_credential
from agencies.callers import new_webhook_secret
from hub import clock, keyfiles
from hub.cli import here, say
from hub.errors import NotFound
from hub.settings import WebSettings
from hub.store import registry

app = typer.Typer(help="Credentials: what agencies' systems call with.", no_args_is_help=True)


@app.command()
def issue(
    agency: Annotated[str, typer.Argument(help="The agency that it speaks for.")],
    label: Annotated[str, typer.Option(help="Which system will use it.")] = "",
    days: Annotated[
        int | None, typer.Option(help="Let it expire after so many days.", min=1, show_default=False)
    ] = None,
) -> None:
    """Issue a credential. Its token is printed once, alone on standard output, and cannot be shown again."""
    now = clock.now()
    expires = None if days is None else now + timedelta(days=days)
    with here.database() as conn:
        registry.directory(conn).get(agency, now)
        credential, token = issue_credential(agency, now=now, expires=expires, label=label)
        registry.save_credential(conn, credential)
    say.note(f"Credential {credential.id} for {agency}. Keep this token as you would a password:")
    say.say(token)


@app.command("list")
def list_(
    agency: Annotated[str | None, typer.Argument(help="Only this agency's.", show_default=False)] = None,
) -> None:
    """List credentials: whose they are, and whether they are good. Secrets are not kept, so none is shown."""
    now = clock.now()
    with here.database() as conn:
        found = sorted(registry.credentials(conn).values(), key=lambda one: (one.agency, one.issued_at))
    say.table(
        ("credential", "agency", "label", "issued", "expires", "now"),
        [
            (
                one.id,
                one.agency,
                one.label,
                f"{one.issued_at:%Y-%m-%d}",
                f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "never",
                "good" if one.is_good(now) else "revoked" if one.revoked_at else "expired",
            )
            for one in found
            if agency is None or one.agency == agency
        ],
    )


@app.command()
def revoke(
    credential: Annotated[
        str, typer.Argument(help="The credential's id: the first part of its token will do.")
    ],
) -> None:
    """Revoke a credential: within a second nothing can be done with it any more."""
    wanted = credential.removeprefix("cbk_")[:16]
    with here.database() as conn:
        found = registry.credentials(conn).get(wanted)
        if found is None:
            raise NotFound(f"there is no credential {wanted}", next="`checkback credentials list` shows all")
        registry.save_credential(conn, found.revoked(clock.now()))
    say.done(f"credential {wanted} of {found.agency} is revoked")


@app.command("webhook")
def webhook_secret(
    agency: Annotated[str, typer.Argument(help="The agency whose endpoint the hub pushes to.")],
) -> None:
    """Make a new secret with which the hub signs what it pushes to an agency's endpoint. The old one ends.

    It is printed once, alone on standard output: the agency's system checks the signature with it (Standard
    Webhooks). Where to push to stands in the directory: `reach = "webhook"` and `webhook_url`.
    """
    given = here.settings(WebSettings)
    secret = new_webhook_secret()
    with here.database() as conn:
        registry.directory(conn).get(agency, clock.now())
        hidden = keyfiles.records(given).hide(secret, where=registry.webhook_place(agency))
        registry.save_webhook_secret(conn, agency, hidden, at=clock.now())
    say.note(f"The secret of {agency}'s endpoint. Keep it as you would a password:")
    say.say(secret)
