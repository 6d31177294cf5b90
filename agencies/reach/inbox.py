"""The agency fetches: its shares wait in `GET /v1/inbox`, and so nothing is left to do.

Every agency can fetch, also one that is reached by a webhook: the inbox is the truth, a webhook spares the wait.
"""

from collections.abc import Sequence

from agencies.reach.port import Delivered, Outcome, Sending


class Inbox:
    def deliver(self, delivery: Sending) -> Outcome:
        return self.deliver_all([delivery])[0]

    def deliver_all(self, deliveries: Sequence[Sending]) -> list[Outcome]:
        return [Delivered() for _ in deliveries]
