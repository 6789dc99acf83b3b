"""A service that issues access tokens to those who bring the right form, over real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class TokenService(ThreadingHTTPServer):
    """Answers `status` and `body`; without a body, with token-1, token-2 ..., each for `life` seconds."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.forms: list[dict[str, str]] = []
        self.status = 200
        self.body: bytes | None = None
        self.life: object = 3600

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/token"

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["TokenService"]:
        service = cls()
        threading.Thread(target=service.serve_forever, args=(0.02,), daemon=True).start()
        yield service
        service.shutdown()
        service.server_close()


class _Desk(BaseHTTPRequestHandler):
    server: TokenService

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.forms.append({name: values[0] for name, values in form.items()})
        issued = f'{{"access_token":"token-{len(self.server.forms)}","expires_in":{self.server.life}}}'.encode()
        body = issued if self.server.body is None else self.server.body
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *parts: object) -> None:
        pass
