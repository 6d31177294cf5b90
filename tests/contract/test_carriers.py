"""Those who carry notices: against a real mail server, and a stand-in for GOV.UK Notify that checks its callers."""

import email
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from agencies.reach.govuk_notify import GovukNotify
from agencies.reach.mail import Mail
from agencies.reach.notice import Carrier, Notice, Waits
from agencies.reach.port import Delivered, Refused, Retry
from tests.contract.endpoint import certificate_for

AT = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)
REFERENCE = UUID("01981f00-0000-7000-8000-00000000000d")
SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
LINK = "https://hub.example/v1/owed/01981f00-0000-7000-8000-00000000000e"


def notice(to: str = "duty@mash.example", many: int = 1) -> Notice:
    waits = [Waits("check_back", "sandwell-mash", AT, LINK)] * many
    return Notice(REFERENCE, "Sandwell MASH", "duty_lead", to, AT, waits)


# -- a mail server ------------------------------------------------------------------------------------------


@dataclass
class Mailbox:
    """What aiosmtpd calls for each mail."""

    came: list[Message] = field(default_factory=list)
    answer: str = "250 OK"
    to_recipient: str = "250 OK"

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: ANN401, N802 - its own
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: ANN401, N802 - its own
        if self.answer.startswith("250"):
            self.came.append(email.message_from_bytes(envelope.content, policy=default))
        return self.answer


@dataclass
class Server:
    box: Mailbox
    port: int

    def mail(self, **more: Any) -> Mail:  # noqa: ANN401 - its fields
        return Mail(
            "127.0.0.1", self.port, "checkback@hub.example", **{"tls": "none", "timeout": 5.0, **more}
        )


def knows(_: Any, __: Any, ___: Any, mechanism: str, given: LoginPassword) -> AuthResult:  # noqa: ANN401 - its own
    del mechanism
    return AuthResult(success=(given.login, given.password) == (b"hub", b"secret"), handled=False)


@contextmanager
def serving(**more: Any) -> Iterator[Server]:  # noqa: ANN401 - the controller's own
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield Server(box, port)
    finally:
        controller.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(authenticator=knows, auth_required=False, auth_require_tls=False) as made:
        yield made


def test_a_mail_arrives_as_it_was_meant(server: Server) -> None:
    assert server.mail().tell(notice()) == Delivered()
    [came] = server.box.came
    assert (came["To"], came["From"]) == ("duty@mash.example", "checkback@hub.example")
    assert came["Subject"] == "Checkback: something waits (Sandwell MASH)"
    assert came["Auto-Submitted"] == "auto-generated", "so that no machine answers"
    assert came["Message-ID"] == f"<{REFERENCE}@hub.example>", "so that a repetition is known as one"
    text = came.get_content()  # type: ignore[attr-defined]
    assert "a check-back, owed by sandwell-mash, was due on 3 July 2026, 10:30" in text
    assert LINK in text


def test_it_goes_encrypted_and_only_to_whom_the_certificate_names(tmp_path: Path) -> None:
    theirs, ours = certificate_for("localhost", tmp_path)
    with serving(tls_context=theirs, require_starttls=True) as server:
        mail = replace(server.mail(tls="starttls"), host="localhost", context=ours)
        assert mail.tell(notice()) == Delivered()
        elsewhere = replace(mail, host="127.0.0.1")  # the certificate is for another name
        assert isinstance(elsewhere.tell(notice()), Retry)
        assert len(server.box.came) == 1


def test_it_signs_in_where_it_must(server: Server) -> None:
    assert server.mail(user="hub", password="secret").tell(notice()) == Delivered()
    wrong = server.mail(user="hub", password="other").tell(notice())
    assert isinstance(wrong, Retry), "the operator mends the password, and nobody at the agency is troubled"
    assert wrong.reason == "smtp_sign_in"
    assert "secret" not in repr(server.mail(user="hub", password="secret"))


def test_a_server_without_tls_is_not_given_a_mail_that_wants_it(server: Server) -> None:
    assert server.mail(tls="starttls").tell(notice()) == Retry(
        "smtp_unsupported", "the mail server offers no TLS, or no way to sign in"
    )
    assert isinstance(server.mail(tls="tls").tell(notice()), Retry)
    assert server.box.came == []


@pytest.mark.parametrize("answer", ["451 later", "554 never"])
def test_a_mail_that_is_not_taken_is_tried_again(server: Server, answer: str) -> None:
    server.box.answer = answer
    assert server.mail().tell(notice()) == Retry(
        f"smtp_{answer[:3]}", f"the mail server answered {answer[:3]}"
    )


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ("550 no such mailbox: duty@mash.example", Refused),
        ("550 5.1.1 unknown user", Refused),
        ("553 5.1.3 bad address", Refused),
        ("550 5.7.1 relaying denied", Retry),
        ("554 5.7.1 you are blocked", Retry),
        ("450 4.2.1 mailbox busy", Retry),
    ],
)
def test_only_an_address_that_is_not_there_is_final(server: Server, says: str, kind: type) -> None:
    """What is a fault of the hub's own is mended by its operator, and the notice goes then."""
    server.box.to_recipient = says
    outcome = server.mail().tell(notice())
    assert isinstance(outcome, kind)
    assert "mash.example" not in repr(outcome), "what a server says is not repeated"


def test_no_server_is_for_later(server: Server) -> None:
    assert isinstance(Mail("127.0.0.1", 1, "a@hub.example", tls="none", timeout=1).tell(notice()), Retry)
    assert isinstance(server.mail().tell(notice("a@b\r\nBcc: other@x.example")), Refused)
    assert server.box.came == []


def test_a_long_list_is_cut_and_counted() -> None:
    long_one = notice(many=35)
    assert long_one.subject == "Checkback: 35 things wait (Sandwell MASH)"
    assert long_one.text.count("a check-back, owed by") == 20
    assert "and 15 more" in long_one.text


# -- GOV.UK Notify ------------------------------------------------------------------------------------------


@dataclass
class Service:
    """Answers as GOV.UK Notify does, to callers whose token is signed with their key, and to no others."""

    came: list[dict[str, Any]] = field(default_factory=list)
    status: int = 201
    says: str = "no"
    url: str = ""

    def answer(self, path: str, authorization: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            token = authorization.removeprefix("Bearer ")
            claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"require": ["iss", "iat"]})
            assert claims["iss"] == SERVICE
        except (jwt.InvalidTokenError, AssertionError):
            return 403, {"errors": [{"error": "AuthError", "message": "Invalid token"}], "status_code": 403}
        if self.status != 201:
            return self.status, {
                "errors": [{"error": "Error", "message": self.says}],
                "status_code": self.status,
            }
        assert path == "/v2/notifications/email"
        self.came.append(body)
        return 201, {"id": "740e5834-3a29-46b4-9a6f-16142fde533a", "reference": body["reference"]}


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, told = made.answer(self.path, self.headers["authorization"], body)
            answer = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Not on the terminal of a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def notify(service: Service, secret: str = SECRET) -> GovukNotify:
    return GovukNotify(f"hub-{SERVICE}-{secret}", "template-1", service.url, timeout=5)


def test_notify_is_called_with_a_token_and_its_template(service: Service) -> None:
    assert notify(service).tell(notice()) == Delivered()
    [came] = service.came
    assert (came["email_address"], came["template_id"]) == ("duty@mash.example", "template-1")
    assert came["reference"] == str(REFERENCE)
    assert came["personalisation"]["subject"] == notice().subject
    assert LINK in came["personalisation"]["text"]


def test_a_wrong_key_is_for_the_operator(service: Service) -> None:
    outcome = notify(service, secret=SERVICE).tell(notice())
    assert outcome == Retry("notify_403", "GOV.UK Notify answered 403")
    assert service.came == []


@pytest.mark.parametrize("status", [429, 500, 503, 400])
def test_what_notify_does_not_take_is_tried_again(
    service: Service, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    service.status = status
    assert isinstance(notify(service).tell(notice()), Retry)
    assert "mash.example" not in caplog.text


def test_an_address_that_notify_does_not_take_is_final(service: Service) -> None:
    service.status, service.says = 400, "email_address Not a valid email address"
    assert isinstance(notify(service).tell(notice()), Refused)


def test_a_key_that_is_none_is_for_the_operator(service: Service) -> None:
    assert isinstance(GovukNotify("short", "t", service.url).tell(notice()), Retry)


def test_no_notify_is_for_later() -> None:
    carrier = GovukNotify(f"hub-{SERVICE}-{SECRET}", "t", "http://127.0.0.1:1", timeout=1)
    assert isinstance(carrier.tell(notice()), Retry)
    assert SECRET not in repr(carrier)


def test_each_is_a_carrier() -> None:
    made: list[Callable[[], Carrier]] = [lambda: Mail("h", 25, "a@b.c"), lambda: GovukNotify("k", "t")]
    assert [one().name for one in made] == ["email", "notify"]
