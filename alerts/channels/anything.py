"""Everything that apprise has: DingTalk, WeCom, Feishu, Bark, ntfy, Server酱, PushPlus… by one URL each."""

import logging
from dataclasses import dataclass

import apprise

from alerts.channels.message import Message, NotDelivered
from care.rules import Priority

# It logs addresses, which hold tokens, and what it could not send.
logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("apprise").propagate = False
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Anything:
    """The address says by what: https://appriseit.com/services/"""

    name: str = "apprise"

    def send(self, message: Message, address: str) -> str:
        """Hand it over; apprise says only whether it worked, so a failure may be over later."""
        service = apprise.Apprise()
        if not service.add(address):
            raise NotDelivered("not an address that apprise knows", try_again=False)
        kind = apprise.NotifyType.FAILURE if message.priority is Priority.HIGH else apprise.NotifyType.INFO
        if not service.notify(body=message.text, title=message.title, notify_type=kind):
            raise NotDelivered("apprise could not hand it over", try_again=True)
        return ""
