"""HTTP servers for tests, as honest or as hostile as their answers are, with TLS or without."""

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Asked:
    """One request as it came. Names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Asked], bytes | Iterable[bytes]]


@dataclass
class Server:
    """A listening server: `requests` grow as they come, `connections` count what knocked."""

    port: int
    scheme: str
    requests: list[Asked] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def allow(self) -> list[str]:
        """What `OUTBOUND_ALLOW` has to say for this server to be reached."""
        return [f"127.0.0.1:{self.port}"]


def http(status: int, body: bytes = b"", **headers: object) -> bytes:
    """Write an answer; underscores in names of headers stand for dashes."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = {"Content-Length": len(body), "Connection": "close", **said}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body


@contextmanager
def answering(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve on a free port of 127.0.0.1: each connection gets one answer, in pieces if need be."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        server = Server(listener.getsockname()[1], "https" if tls else "http")
        accepting = threading.Thread(
            target=_accept, args=(listener, server, answer, tls), daemon=True
        )
        accepting.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(180)


def _accept(
    listener: socket.socket, server: Server, answer: Answer, tls: ssl.SSLContext | None
) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            server.connections += 1
            threading.Thread(
                target=_serve, args=(connection, server, answer, tls), daemon=True
            ).start()


def _serve(
    plain: socket.socket, server: Server, answer: Answer, tls: ssl.SSLContext | None
) -> None:
    with suppress(OSError):
        plain.settimeout(180)
        connection = tls.wrap_socket(plain, server_side=True) if tls else plain
        with connection:
            asked = _read(connection)
            server.requests.append(asked)
            said = answer(asked)
            for piece in [said] if isinstance(said, bytes) else said:
                connection.sendall(piece)


def _read(connection: socket.socket) -> Asked:
    with connection.makefile("rb") as stream:
        method, target, _ = stream.readline().decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (line := stream.readline()).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
    return Asked(method, target, headers, body)


class Authority:
    """A certificate authority made for a test, whose own certificate lies in `ca_file`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test's authority")])
        self.ca_file = folder / "ca.pem"
        certificate = self._signed(self._name, self._key, is_ca=True, names=[])
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server_side(self, *names: str) -> ssl.SSLContext:
        """Return what a server of these names or addresses speaks TLS with."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        path = self._folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + self._signed(subject, key, is_ca=False, names=list(names)).public_bytes(
                serialization.Encoding.PEM
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        path.unlink()
        return context

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_ca: bool, names: list[str]
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]),
                critical=False,
            )
        return builder.sign(self._key, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
