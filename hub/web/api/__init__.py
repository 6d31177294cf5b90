"""Every operation of the API, in the order in which its routes are tried: the busiest first."""

from hub.web.api import (
    children,
    directory,
    events,
    inbox,
    messages,
    owed,
    pictures,
    reconcile,
    responsibility,
    shares,
)
from hub.web.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *messages.OPERATIONS,
    *inbox.OPERATIONS,
    *shares.OPERATIONS,
    *events.OPERATIONS,
    *owed.OPERATIONS,
    *responsibility.OPERATIONS,
    *children.OPERATIONS,
    *reconcile.OPERATIONS,
    *pictures.OPERATIONS,
    *directory.OPERATIONS,
)
