"""Notices by GOV.UK Notify, with its own client. The template takes ((subject)) and ((text))."""

import logging
from dataclasses import dataclass, field
from functools import cached_property

from notifications_python_client.errors import APIError, HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from agencies.reach.notice import Notice
from agencies.reach.port import Delivered, Outcome, Refused, Retry

logging.getLogger("notifications_python_client").setLevel(
    logging.CRITICAL
)  # it logs what the service answers
TRANSIENT = frozenset(
    {401, 403, 408, 429, 500, 502, 503, 504}
)  # a wrong key is ours to mend, and then it goes on


@dataclass(frozen=True)
class GovukNotify:
    api_key: str = field(repr=False)
    template: str
    base_url: str = "https://api.notifications.service.gov.uk"
    timeout: float = 20.0
    name: str = "notify"

    @cached_property
    def _client(self) -> NotificationsAPIClient:
        return NotificationsAPIClient(self.api_key, base_url=self.base_url, timeout=self.timeout)

    def tell(self, notice: Notice) -> Outcome:
        try:
            self._client.send_email_notification(
                email_address=notice.email,
                template_id=self.template,
                personalisation={"subject": notice.subject, "text": notice.text},
                reference=str(notice.reference),
            )
        except HTTPError as fault:
            status = fault.status_code
            says = f"GOV.UK Notify answered {status}"
            return (
                Retry(f"notify_{status}", says) if status in TRANSIENT else Refused(f"notify_{status}", says)
            )
        except APIError:
            return Retry("notify_connection", "GOV.UK Notify did not answer")
        return Delivered()
