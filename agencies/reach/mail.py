"""Notices by e-mail: SMTP, with TLS unless the server stands on this machine."""

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime

from agencies.reach.notice import Notice
from agencies.reach.port import Delivered, Outcome, Refused, Retry

NO_MAILBOX = frozenset({550, 551, 553})


@dataclass(frozen=True)
class Mail:
    """`tls`: "starttls" (the usual port 587), "tls" (465), or "none", for a server beside the hub."""

    host: str
    port: int
    sender: str
    tls: str = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 20.0
    context: ssl.SSLContext | None = None
    name: str = "email"

    def tell(self, notice: Notice) -> Outcome:
        try:
            with self._connect() as server:
                server.send_message(self._message(notice))
        except (smtplib.SMTPException, OSError, ValueError) as fault:
            return _came_of(fault)
        return Delivered()

    def _connect(self) -> smtplib.SMTP:
        context = self.context or ssl.create_default_context()
        if self.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.tls == "starttls":
                server.starttls(context=context)
            if self.user is not None:
                server.login(self.user, self.password or "")
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, notice: Notice) -> EmailMessage:
        made = EmailMessage(policy=WIRE)
        made["From"] = self.sender
        made["To"] = notice.email
        made["Subject"] = notice.subject
        made["Date"] = format_datetime(notice.at)
        made["Message-ID"] = f"<{notice.reference}@{self.sender.rpartition('@')[2]}>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(notice.text)
        return made


def _came_of(fault: Exception) -> Outcome:
    """Only what the server says of the recipient's own address is final. All else may be a fault of the hub's own
    (its password, its sender, a relay that is closed to it), which the operator mends while notices wait.
    """
    match fault:
        case smtplib.SMTPRecipientsRefused():
            answers = list(fault.recipients.values())
            final = bool(answers) and all(_no_such_mailbox(code, bytes(said)) for code, said in answers)
            says = "the mail server does not take that address"
            return Refused("no_such_mailbox", says) if final else Retry("smtp_recipient", says)
        case smtplib.SMTPAuthenticationError() | smtplib.SMTPSenderRefused():
            return Retry(
                "smtp_sign_in", "the mail server does not take what the hub sends: look at its settings"
            )
        case smtplib.SMTPResponseException():
            return Retry(f"smtp_{fault.smtp_code}", f"the mail server answered {fault.smtp_code}")
        case smtplib.SMTPNotSupportedError():
            return Retry("smtp_unsupported", "the mail server offers no TLS, or no way to sign in")
        case smtplib.SMTPException() | OSError():  # a certificate of another name among them
            return Retry("smtp_connection", "no connection to the mail server came about, or it broke off")
        case _:
            return Refused("bad_address", "that address cannot be written to: correct the directory")


def _no_such_mailbox(code: int, said: bytes) -> bool:
    """By the enhanced code (RFC 3463) where there is one: 5.1 is about the address, 5.7 about who sends."""
    enhanced = re.match(rb"5\.(\d)\.", said)
    return code in NO_MAILBOX and (enhanced is None or enhanced[1] == b"1")
