"""A real SMTP server on this machine, and what it has got."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header

from aiosmtpd.controller import Controller


class Mailbox:
    """What the server hands its mail to."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.subjects: list[str] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
        """Take it."""
        content: bytes = envelope.content  # type: ignore[attr-defined]
        self.mails.append(content.decode())
        self.subjects.append(str(make_header(decode_header(message_from_bytes(content)["Subject"]))))
        return "250 OK"


@contextmanager
def mail_server(port: int) -> Iterator[Mailbox]:
    """A server that listens until the block ends."""
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield mailbox
    finally:
        server.stop()
