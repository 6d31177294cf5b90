"""A hub of a few lines on real HTTP: it answers what it was told to, and remembers what it was asked."""

import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from pydantic import BaseModel


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Says:
    """One answer; `hang_up` breaks the connection instead, when the request has been read."""

    status: int = 200
    body: bytes | BaseModel | Mapping[str, Any] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False

    def content(self) -> bytes:
        if isinstance(self.body, BaseModel):
            return self.body.model_dump_json().encode()
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # the library's five would let a burst wait for a retransmission
    daemon_threads = True


class FakeHub:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._scheme = "http"
        self.will_say: deque[Says] = deque()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.rfile.read(length))
                fake.asked.append(asked)
                says = fake.says(asked)
                if says.hang_up:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                content = says.content()
                self.send_response(says.status)
                for name, value in {"content-length": str(len(content)), **says.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the library's names
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def says(self, asked: Asked) -> Says:
        """The next of `will_say`; a hub with more of a mind overrides this."""
        del asked
        return self.will_say.popleft()

    def over_tls(self, context: ssl.SSLContext) -> None:
        """From now on; `url` says https."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
