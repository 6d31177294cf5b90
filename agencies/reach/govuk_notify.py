"""Notices by GOV.UK Notify, with its own client. The template takes ((subject)) and ((text))."""

import logging
from dataclasses import dataclass, field
from functools import cached_property

from notifications_python_client.errors import APIError, HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from agencies.reach.notice import Notice
from agencies.reach.port import Delivered, Outcome, Refused, Retry

BAD_REQUEST = 400
logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)  # it logs what it is answered


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
            if status == BAD_REQUEST and "email_address" in str(fault.message):
                return Refused("no_such_mailbox", "GOV.UK Notify does not take that address")
            # A wrong key or template, a service in trial: the operator mends it, and the notice goes then.
            return Retry(f"notify_{status}", f"GOV.UK Notify answered {status}")
        except (APIError, AssertionError):  # by which its client says that the key is none
            return Retry("notify_connection", "GOV.UK Notify did not answer, or the key is none of its own")
        return Delivered()
