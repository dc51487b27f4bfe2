"""A page on this machine that shows a running study, and nothing to anybody else.

It listens on 127.0.0.1 alone. Its address has a secret, which other users of the machine do not know. A name that is
made to point here (DNS rebinding) is refused by its Host, a page elsewhere by its Origin. It only reads, and only the
study's progress.
"""

import hmac
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from posology.errors import InputError, PosologyError
from posology.live_page import page, part
from posology.watching import look

HERE = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """Serves one study's folder.

    Parameters
    ----------
    folder : Path
    port : int
        0 is any that is free.

    Raises
    ------
    InputError
        The folder holds no study, or the port is taken.
    """

    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0) -> None:
        look(folder)
        self.folder, self.secret = folder, secrets.token_urlsafe(24)
        try:
            super().__init__((HERE, port), _Handler)
        except (OSError, OverflowError) as error:
            raise InputError(f"Port {port} cannot be had: {error}. Choose another --port, or none.") from error

    @property
    def hosts(self) -> tuple[str, str]:
        """The names by which a browser on this machine calls it."""
        return f"{HERE}:{self.server_port}", f"localhost:{self.server_port}"

    @property
    def address(self) -> str:
        """What to open."""
        return f"http://{self.hosts[0]}/{self.secret}/"


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    server_version, sys_version = "posology", ""

    def do_GET(self) -> None:
        """Give the page, or what changes of it."""
        refused = self._refused()
        if refused:
            self._answer(refused, refused.phrase, "")
            return
        nonce = secrets.token_urlsafe(16)
        try:
            seen = look(self.server.folder)
        except PosologyError as error:  # the folder went away meanwhile
            self._answer(HTTPStatus.NOT_FOUND, str(error), "")
            return
        whole = self.path.endswith("/")
        text = page(seen, self.server.folder.resolve().name, nonce) if whole else part(seen)
        self._answer(HTTPStatus.OK, text, nonce, kind="text/html")

    def _refused(self) -> HTTPStatus | None:
        hosts = self.server.hosts
        origins = [None, *(f"http://{host}" for host in hosts)]  # a browser names none for a page that it opens itself
        if self.headers.get("Host") not in hosts or self.headers.get("Origin") not in origins:
            return HTTPStatus.FORBIDDEN
        given, _, rest = self.path.removeprefix("/").partition("/")
        known = hmac.compare_digest(given.encode(), self.server.secret.encode())
        return None if known and rest in ("", "part") and self.path != f"/{given}" else HTTPStatus.NOT_FOUND

    def _answer(self, status: HTTPStatus, text: str, nonce: str, kind: str = "text/plain") -> None:
        data = text.encode()
        allowed = f"style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; " if nonce else ""
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; {allowed}frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        )
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: a log would hold the secret."""
