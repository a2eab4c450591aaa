"""E-mail over SMTP. The Message-ID is the same at every try, so that a mail server can tell repeats."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from alerts.channels.message import Message, NotDelivered
from care.notices import LOCAL
from care.rules import Priority

WITHIN = 15.0
"""Seconds for each answer of the server."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """One server, as `smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…:465`.

    With a user name STARTTLS is insisted on: a password never goes unencrypted.
    """

    url: str = field(repr=False)
    sender: str = field(repr=False)
    name: str = "smtp"

    def send(self, message: Message, address: str) -> str:
        """Hand it to the server; what it refuses with 4xx it may take later."""
        try:
            mail = self._mail(message, address)
            with self._connected() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            again = all(code < 500 for code in codes)
            raise NotDelivered(f"the mail server refused the recipient ({codes[0]})", try_again=again) from error
        except smtplib.SMTPResponseException as error:
            again = error.smtp_code < 500
            raise NotDelivered(f"the mail server refused it ({error.smtp_code})", try_again=again) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered(f"the mail server is not reachable ({type(error).__name__})", try_again=True) from error
        except ValueError as error:
            raise NotDelivered("not an e-mail address", try_again=False) from error
        return str(mail["Message-ID"])

    def _mail(self, message: Message, address: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = Address("安康 Ankang", addr_spec=self.sender)
        mail["To"] = Address(addr_spec=address)
        mail["Subject"] = message.title
        mail["Message-ID"] = f"<{message.key}@{self.sender.partition('@')[2]}>"
        mail["X-Ankang-Id"] = str(message.key)
        mail["Auto-Submitted"] = "auto-generated"
        if message.happened_at is not None:
            mail["X-Ankang-Happened-At"] = format_datetime(message.happened_at.astimezone(LOCAL))
        if message.priority is Priority.HIGH:
            mail["Importance"] = "high"
        mail.set_content(message.text)
        return mail

    def _connected(self) -> smtplib.SMTP:
        at = urlsplit(self.url)
        context = ssl.create_default_context()
        host = at.hostname or "localhost"
        if at.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, at.port or 465, timeout=WITHIN, context=context)
        else:
            server = smtplib.SMTP(host, at.port or 587, timeout=WITHIN)
        try:
            server.ehlo()
            if at.scheme == "smtp" and (server.has_extn("starttls") or at.username):
                server.starttls(context=context)
            if at.username:
                server.login(unquote(at.username), unquote(at.password or ""))
        except BaseException:
            server.close()
            raise
        return server
