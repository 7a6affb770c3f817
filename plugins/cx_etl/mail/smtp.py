"""One mail to one recipient by SMTP: over TLS that is verified, logged in, tried again while the server says so."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import tenacity

from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, CxError, RetriableError, UnknownError
from cx_etl.mail.subscriptions import is_address
from cx_etl.settings import load_settings

SUBMISSION, SUBMISSION_OVER_TLS = 587, 465
LONGEST_WAIT_SECONDS = 30.0


class RefusedError(CxError):
    """The server will not take this mail, however often it is asked."""


@dataclass(frozen=True)
class Server:
    """Where mails are handed in, as whom, and from which address they come."""

    host: str
    port: int
    login: str
    password: str
    sender: str
    ca_file: str | None

    def __repr__(self) -> str:
        return f"Server(host={self.host!r}, port={self.port!r}, sender={self.sender!r}, login=…, password=…)"


def server(connection: Connection) -> Server:
    """The server of the connection. Raises ConfigError naming what it lacks."""
    place = urlsplit(connection.host)
    sender, ca_file = connection.extra.get("from_email"), connection.extra.get("ca_file")
    if not place.hostname:
        raise _lacking("no host", "set AIRFLOW_CONN_SMTP")
    if not sender or not is_address(sender):
        raise _lacking(f"{sender!r} as from_email in its extra", "give the plain address that mails come from")
    if ca_file and not Path(ca_file).is_file():
        raise _lacking(f"{ca_file!r} as ca_file in its extra, where there is no file", "correct the path")
    if not f"{connection.login}{connection.password}".isascii():
        raise _lacking("a login or password with letters beyond ASCII", "choose one that every server takes")
    port = place.port or SUBMISSION
    return Server(place.hostname, port, connection.login, connection.password, sender, ca_file)


def _lacking(what: str, next_step: str) -> ConfigError:
    return ConfigError(f"the connection smtp has {what}", f"{next_step}; see docs/mail.md")


def try_login(server: Server) -> None:
    """Nothing is sent. Raises ConfigError when the server does not let us in, RetriableError when it is gone."""
    with _session(server, load_settings().request_timeout_seconds):
        pass


def deliver(server: Server, recipient: str, message: bytes) -> None:
    """After this the server has taken the mail.

    Raises RetriableError when it was busy or gone each time, RefusedError when it will not have the mail, ConfigError
    when it does not let us in, and UnknownError when nobody knows whether it has the mail: that is never tried again.
    """
    settings = load_settings()
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(RetriableError),
        stop=tenacity.stop_after_attempt(settings.retry_attempts),
        wait=tenacity.wait_random_exponential(settings.retry_wait_seconds, LONGEST_WAIT_SECONDS),
        reraise=True,
    )
    retrying(_deliver_once, server, recipient, message, settings.request_timeout_seconds)


def _deliver_once(server: Server, recipient: str, message: bytes, timeout_seconds: float) -> None:
    with _session(server, timeout_seconds) as session:
        try:
            _require(session.mail(server.sender), f"mail from {server.sender}")
            _require(session.rcpt(recipient), recipient)
        except (smtplib.SMTPException, OSError) as error:
            raise _gone(server, error) from error
        answer: tuple[int, bytes | str]
        try:
            answer = session.data(message)
        except smtplib.SMTPDataError as error:
            answer = error.smtp_code, error.smtp_error
        except (smtplib.SMTPException, OSError) as error:
            raise UnknownError(
                f"the connection to {server.host} broke while it decided on the mail to {recipient}: {_said(error)}",
                "ask the recipient, or look into the server's log",
            ) from error
        _require(answer, recipient)


@contextmanager
def _session(server: Server, timeout_seconds: float) -> Iterator[smtplib.SMTP]:
    """A session that is encrypted, verified and logged in. Raises ConfigError where it cannot be, before any mail."""
    try:
        session = _connected(server, timeout_seconds)
    except ssl.SSLCertVerificationError as error:
        raise ConfigError(
            f"the certificate of {server.host} is not to be trusted: {error.verify_message}",
            "use the name in the certificate, or give ca_file in the extra of connection smtp",
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise ConfigError(
            f"{server.host}:{server.port} does not offer what is needed: {error}",
            f"use its port for submission, {SUBMISSION} or {SUBMISSION_OVER_TLS}; mails are not sent unencrypted",
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code < 500:
            raise _gone(server, error) from error
        raise ConfigError(
            f"{server.host} does not let us in as {server.login}: {_said(error)}",
            "correct login and password of the connection smtp",
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise _gone(server, error) from error
    try:
        yield session
    finally:
        # By now the outcome is known: how the server says goodbye changes nothing.
        session.close()


def _connected(server: Server, timeout_seconds: float) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file)
    if server.port == SUBMISSION_OVER_TLS:
        session: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout_seconds, context=context)
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=timeout_seconds)
        session.starttls(context=context)
    if server.login:
        session.login(server.login, server.password)
    session.ehlo_or_helo_if_needed()
    return session


def _require(answer: tuple[int, bytes | str], about: str) -> None:
    """Raises RetriableError or RefusedError unless the server agrees."""
    code, text = answer
    if 200 <= code < 300:
        return
    said = f"{about}: {code} {_decoded(text)}"
    if 400 <= code < 500:
        raise RetriableError(said, "the next `cx send` tries again")
    raise RefusedError(said, "correct the address or ask the server's owner")


def _gone(server: Server, error: Exception) -> RetriableError:
    return RetriableError(
        f"{server.host}:{server.port} does not answer as a mail server should: {_said(error)}",
        "check the network and the connection smtp, then `cx send` again",
    )


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return f"{type(error).__name__} {error}".strip()


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
