"""A real mail server on loopback: STARTTLS with a certificate of its own, login, and refusals on demand."""

import asyncio
import email
import ipaddress
import socket
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOGIN, PASSWORD = "cx", "secret of the postbox"
HANG_UP, STAND_STILL = "hang up", "stand still"


@dataclass
class Postbox:
    """What was received, and what the server says to the next commands for a recipient before it agrees."""

    port: int = 0
    ca_file: Path = Path()
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    to_rcpt: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    to_data: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    logins: int = 0
    in_clear: int = 0
    is_standing_still: threading.Event = field(default_factory=threading.Event)

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        self.logins += 1
        is_right = (data.login, data.password) == (LOGIN.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=False)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.in_clear += session.ssl is None
        if self.to_rcpt[address]:
            return await self._answer(self.to_rcpt[address].pop(0))
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        (recipient,) = envelope.rcpt_tos
        answer = self.to_data[recipient].pop(0) if self.to_data[recipient] else "250 taken"
        if answer in (HANG_UP, STAND_STILL) or answer.startswith("250"):
            self.received.append(email.message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.append(recipient)
        if answer == HANG_UP:
            server.transport.abort()
        return await self._answer(answer)

    async def _answer(self, answer: str) -> str:
        """The answer, or none until the client has gone."""
        if answer == STAND_STILL:
            self.is_standing_still.set()
            await asyncio.sleep(60)
        return answer


@contextmanager
def open_postbox(folder: Path, security: str = "starttls") -> Iterator[Postbox]:
    """The server while it runs; security is "starttls", "tls" (from the start) or "none"."""
    box = Postbox(ca_file=folder / "certificate.pem")
    key = folder / "key.pem"
    make_certificate(box.ca_file, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(box.ca_file, key)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    secured: dict[str, Any] = {
        "starttls": {"tls_context": context, "require_starttls": True},
        "tls": {"ssl_context": context, "auth_require_tls": False},
        "none": {"auth_require_tls": False},
    }[security]
    login = {"authenticator": box.authenticate, "auth_required": True}
    server = Controller(box, hostname="127.0.0.1", port=box.port, **login, **secured)
    server.start()
    try:
        yield box
    finally:
        server.stop()


def make_certificate(certificate: Path, key: Path) -> None:
    """A certificate for 127.0.0.1 that vouches for itself."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "postbox")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
