"""The hub pushes: one HTTPS POST of the inbox item to the agency's endpoint, signed as Standard Webhooks asks.

What leaves is sealed, so an endpoint learns nothing that its key does not open. What could go wrong is the way
there, and an address that somebody else chose: a directory entry must not turn the hub into a hand inside its own
network. So names are resolved here, every address of them is looked at, and the connection goes to an address
that was looked at, under the name that the certificate must show.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook as Signature
from standardwebhooks.webhooks import EmptyWebhookSecretError

from agencies.reach.addresses import NotFound, NotPublic, addresses_of
from agencies.reach.backoff import next_attempt
from agencies.reach.port import Delivered, Outcome, Refused, Retry, Sending
from agencies.waiting import retry_after

__all__ = ["Webhook", "next_attempt"]

ANSWER_LIMIT = (
    16_384  # bytes of an answer that are read, so that its connection can be kept; no more is wanted
)
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
HTTPS = 443
AT_ONCE = 8  # connections to one endpoint: a batch must not fall upon a small system all at once


class _Stop(Exception):
    """The delivery ends here, with this outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class Webhook:
    """To be used where no event loop runs, as in a worker.

    `private` lets it go to private addresses and over plain http: for tests, or for endpoints beside the hub.
    """

    def __init__(
        self, *, timeout: float = 10.0, private: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self._timeout = timeout
        self._private = private
        self._tls = tls or httpx.create_ssl_context(trust_env=False)  # costs too much to make for each call

    def deliver(self, delivery: Sending) -> Outcome:
        return self.deliver_all([delivery])[0]

    def deliver_all(self, deliveries: Sequence[Sending]) -> list[Outcome]:
        return asyncio.run(self._all(deliveries)) if deliveries else []

    async def _all(self, deliveries: Sequence[Sending]) -> list[Outcome]:
        # The environment's proxies are not asked: they would connect to addresses that nobody looked at. And no
        # connection is kept: they are kept by address, and two agencies' names may share one.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(
            verify=self._tls, trust_env=False, timeout=self._timeout, limits=limits
        ) as http:
            turns: dict[str | None, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
            return await asyncio.gather(*(self._one(http, one, turns[one.url]) for one in deliveries))

    async def _one(self, http: httpx.AsyncClient, delivery: Sending, turn: asyncio.Semaphore) -> Outcome:
        try:
            # One limit on the whole: limits on single reads would not stop an endpoint that answers drop by drop.
            # Waiting for a turn counts, so that a dead endpoint costs a call one limit and not one for each share.
            async with asyncio.timeout(self._timeout), turn:
                return await self._post(http, delivery)
        except _Stop as stop:
            return stop.outcome
        except (TimeoutError, httpx.TimeoutException):
            return Retry("timeout", f"the endpoint did not answer within {self._timeout:g} seconds")
        except httpx.TransportError:
            return Retry("connection", "no connection to the endpoint came about, or it broke off")

    async def _post(self, http: httpx.AsyncClient, delivery: Sending) -> Outcome:
        url = self._url(delivery)
        body, headers = _signed(delivery)
        *others, last = [
            http.build_request(
                "POST",
                url.copy_with(host=address),
                content=body,
                headers={**headers, "host": url.netloc.decode()},
                extensions={"sni_hostname": url.raw_host.decode()},
            )
            for address in await self._addresses(url)
        ]
        for request in others:
            try:
                return await _send(http, request, delivery.at)
            except httpx.ConnectError:
                continue  # this address does not answer; a name may have others
        return await _send(http, last, delivery.at)

    def _url(self, delivery: Sending) -> httpx.URL:
        try:
            url = httpx.URL(delivery.url or "")
        except httpx.InvalidURL:
            url = httpx.URL("")
        schemes = ("https", "http") if self._private else ("https",)
        if url.scheme not in schemes or not url.host:
            raise _Stop(
                Refused("bad_url", "the agency has no https:// address for webhooks: correct the directory")
            )
        return url

    async def _addresses(self, url: httpx.URL) -> list[str]:
        try:
            return await addresses_of(url.host, url.port or HTTPS, private=self._private)
        except NotFound:
            raise _Stop(Retry("no_address", "the name of the endpoint leads to no address")) from None
        except NotPublic:
            says = "the endpoint's name leads into a private network: correct the directory"
            raise _Stop(Refused("private_address", says)) from None


def _signed(delivery: Sending) -> tuple[bytes, dict[str, str]]:
    """The body, and the three headers of Standard Webhooks. The id is the same on every try."""
    body = delivery.body
    name, at = str(delivery.name), delivery.at.astimezone(UTC)
    try:
        signature = Signature(delivery.secret or "").sign(name, at, body)
    except (EmptyWebhookSecretError, ValueError):
        says = "the agency has no usable webhook secret: set a new one, in the whsec_ form"
        raise _Stop(Refused("no_secret", says)) from None
    return body.encode(), {
        "content-type": "application/json",
        "user-agent": "checkback-hub/1",
        "connection": "close",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


async def _send(http: httpx.AsyncClient, request: httpx.Request, at: datetime) -> Outcome:
    answer = await http.send(request, stream=True)
    await (
        answer.aclose()
    )  # the status is all: what else an endpoint says is not read, and so cannot be too long
    return _outcome(answer, at)


def _outcome(answer: httpx.Response, at: datetime) -> Outcome:
    status = answer.status_code
    if answer.is_success:
        return Delivered()
    if status in TRANSIENT:
        says = f"the endpoint answered {status}: not now"
        return Retry(f"status_{status}", says, retry_after(answer.headers.get("retry-after"), at))
    if answer.is_redirect:
        return Refused(
            "redirect", f"the endpoint answered {status}: redirects are not followed, give the address"
        )
    return Refused(
        f"status_{status}", f"the endpoint answered {status}: ask the agency's system administrator"
    )
