"""Real servers on 127.0.0.1 for the tests of connectors, and a line between that can be cut for real."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import email.utils
import ipaddress
import logging
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


class Line:
    """A line to a server that breaks, with a reset, once `breaks_after` bytes came over it; None: never."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self.breaks_after: int | None = None
        self.mends_itself = False  # after one break
        self.carried = 0  # bytes from the server, over all connections
        self._listener = socket.create_server((HERE, 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((HERE, self._server_port))
                for pair in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, from_server: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if from_server:
                    self.carried += len(data)
                    if self.breaks_after is not None and self.carried > self.breaks_after:
                        self.breaks_after = None if self.mends_itself else self.breaks_after
                        break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            end.close()


# ---- SFTP ------------------------------------------------------------------------------------------------
class _Account(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("partner", "right")


class SftpServer:
    """asyncssh's server over a folder; the account is partner, its password right."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reads = 0
        logging.getLogger("asyncio").setLevel(logging.ERROR)  # thousands of lines about a cut connection
        self.before_read: Any = None  # called with the number of the read
        key = asyncssh.generate_private_key("ssh-ed25519")
        self.fingerprint = key.get_fingerprint()
        self.known = key.export_public_key().decode().strip()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(key), self._loop)
        self._acceptor = listening.result(10)
        self.port = int(self._acceptor.get_port())

    async def _listen(self, key: asyncssh.SSHKey) -> Any:
        outer = self

        class Files(asyncssh.SFTPServer):
            def __init__(self, chan: Any) -> None:
                super().__init__(chan, chroot=str(outer.folder).encode())

            def read(self, file_obj: object, offset: int, size: int) -> bytes:
                outer.reads += 1
                if outer.before_read:
                    outer.before_read(outer.reads)
                return super().read(file_obj, offset, size)  # type: ignore[return-value]

        return await asyncssh.listen(
            HERE, 0, server_host_keys=[key], server_factory=_Account, sftp_factory=Files
        )

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._acceptor.close)
        self._loop.call_soon_threadsafe(self._loop.stop)


@contextlib.contextmanager
def openssh(folder: Path, sshd: str) -> Iterator[tuple[int, str, Path]]:
    """OpenSSH's own server for a while: its port, its host key's line, and a key that opens it."""
    port, host_key, key = free_port(), folder / "host_key", folder / "client_key"
    for path in (host_key, key):
        made = asyncssh.generate_private_key("ssh-ed25519")
        made.write_private_key(path)
        path.chmod(0o600)
        made.write_public_key(f"{path}.pub")
    shutil.copy(f"{key}.pub", folder / "authorized_keys")
    Path("/run/sshd").mkdir(exist_ok=True)
    lines = [
        f"ListenAddress {HERE}:{port}",
        f"HostKey {host_key}",
        f"AuthorizedKeysFile {folder}/authorized_keys",
        f"PidFile {folder}/sshd.pid",
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes",
        "Subsystem sftp internal-sftp",
    ]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    process = subprocess.Popen(
        [sshd, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield port, Path(f"{host_key}.pub").read_text(), key
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection((HERE, port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


# ---- HTTPS -----------------------------------------------------------------------------------------------
def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate of this machine and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    alternatives = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HERE))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return public, private


class HttpsServer:
    """A folder with a page of links, ranges and tags; `answers` gives paths another status, `log` what came."""

    def __init__(self, folder: Path, keys: Path) -> None:
        self.folder = folder
        self.answers: dict[str, list[tuple[int, dict[str, str]]]] = {}
        self.silent: set[str] = set()
        self.log: list[tuple[str, str, dict[str, str]]] = []
        self.knows_ranges = True
        self.certificate, private = certificate(keys)
        outer = self

        class Handler(_Files):
            server_of_test = outer

        self._server = ThreadingHTTPServer((HERE, 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign,assignment]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, private)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self, method: str) -> list[str]:
        return [path for verb, path, _ in self.log if verb == method]


class _Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_test: HttpsServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        outer = self.server_of_test
        outer.log.append((self.command, self.path, dict(self.headers)))
        if self.path in outer.silent:
            time.sleep(30)
            return
        if outer.answers.get(self.path):
            status, headers = outer.answers[self.path].pop(0)
            self._send(status, headers, b"")
        elif (path := outer.folder / self.path.lstrip("/")).is_dir():
            links = "".join(
                f'<a href="{p.name}{"/" * p.is_dir()}">{p.name}</a>' for p in sorted(path.iterdir())
            )
            self._send(200, {"Content-Type": "text/html"}, f"<a href='../'>up</a>{links}".encode())
        elif path.is_file():
            self._send_file(path)
        else:
            self._send(404, {}, b"")

    def _send_file(self, path: Path) -> None:
        stat, body = path.stat(), path.read_bytes()
        headers = {
            "Last-Modified": email.utils.formatdate(stat.st_mtime, usegmt=True),
            "ETag": f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"',
        }
        asked = self.headers.get("Range", "")
        if asked and self.server_of_test.knows_ranges:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            self._send(206, headers, body[start:])
        else:
            self._send(200, headers, body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


# ---- PostgreSQL ------------------------------------------------------------------------------------------
ROOM_IN_MEMORY = 4 << 30  # bytes; the tests of one server take up to 1


def postgresql_programs() -> Path | None:
    """The folder of initdb and pg_ctl, wherever the packages put them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    anywhere = shutil.which("initdb")
    return found[-1].parent if found else Path(anywhere).parent if anywhere else None


def folder_for_postgres() -> Path:
    """A new folder that the server's account owns, outside pytest's.

    Each run of pytest that begins takes the rights of other accounts from the folder above all of its runs;
    a server that runs in there as another account could then neither be stopped nor started any more.
    In memory where there is plenty: a database is 300 files, and these tests make and remove dozens.
    """
    memory = Path("/dev/shm")
    is_roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_IN_MEMORY
    folder = Path(tempfile.mkdtemp(prefix="milepost_postgresql_", dir=memory if is_roomy else None))
    if os.getuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
    return folder


class PostgresServer:
    """A server in a folder of its own until `close`; the account is partner, its password right."""

    def __init__(self, programs: Path) -> None:
        folder = folder_for_postgres()
        self._programs, self._data = programs, folder / "data"
        self.port = free_port()
        (folder / "password").write_text("right")
        if os.getuid() == 0:
            shutil.chown(folder / "password", "postgres", "postgres")
        self._run(
            "initdb", "-D", str(self._data), "-U", "partner", "-A", "scram-sha-256", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync", f"--pwfile={folder / 'password'}",
        )  # fmt: skip
        self._options = f"-p {self.port} -h {HERE} -k {folder} -F"
        self.start()

    def close(self) -> None:
        """Stop it, where it runs, and remove its folder."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.kill()
        shutil.rmtree(self._data.parent)

    def start(self) -> None:
        log = str(self._data.parent / "log")
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", "240", "-l", log, "-o", self._options, "start")

    def kill(self) -> None:
        """At once, without goodbye to anyone connected."""
        self._run("pg_ctl", "-D", str(self._data), "-t", "240", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run(
            [*as_user, str(self._programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._data.parent,
            timeout=300,
        )

    def sql(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(
            host=HERE, port=self.port, user="partner", password="right", dbname="postgres", autocommit=True,
            connect_timeout=30, options="-c statement_timeout=300s",
        ) as connection:  # fmt: skip
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]
