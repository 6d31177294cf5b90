"""An agency's endpoint on real HTTP, or on TLS, and some that behave badly."""

import datetime as dt
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agencies.callers import new_webhook_secret
from agencies.reach.port import Delivery
from agencies.wire import InboxItem
from tests.unit.fake_hub import Asked, FakeHub, Says

SECRET = new_webhook_secret()


class Endpoint(FakeHub):
    """Answers 204, or what it was told to, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.always = Says(204)
        self.most_at_once = self._now = 0
        self._lock = threading.Lock()

    def says(self, asked: Asked) -> Says:
        del asked
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(0.002)
        with self._lock:
            self._now -= 1
        return self.will_say.popleft() if self.will_say else self.always

    def got(self) -> list[InboxItem]:
        return [InboxItem.model_validate_json(asked.body) for asked in self.asked]


def delivery(url: str | None, *, share: UUID | None = None, secret: str | None = SECRET) -> Delivery:
    now = dt.datetime.now(dt.UTC)
    item = InboxItem(
        share=share or uuid4(),
        message=uuid4(),
        sender="sandwell-0-19",
        kind="handover",
        sent_at=now,
        deadlines=(),
        envelope={"sealed": "Zoë"},
    )
    return Delivery(item=item, recipient="birmingham-0-19", at=now, url=url, secret=secret)


@contextmanager
def raw(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with each connection whatever `answer` does."""
    server = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            open_ones.append(connection)
            threading.Thread(target=_quietly, args=(answer, connection), daemon=True).start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()
        for connection in open_ones:
            connection.close()


def _quietly(answer: Callable[[socket.socket], None], connection: socket.socket) -> None:
    with suppress(OSError):  # the hub has hung up, as it should
        answer(connection)


def certificate_for(name: str, into: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's TLS context with a certificate for `name`, and a client's that trusts it and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = into / "endpoint.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cafile=pem)
    return server, client


def as_json(item: InboxItem) -> Any:  # noqa: ANN401 - JSON
    return json.loads(item.model_dump_json())
