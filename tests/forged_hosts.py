"""Requests whose Host headers are written by hand, as a browser that was led astray or a script would send them."""

from http.client import HTTPConnection

FOREIGN = (
    ("attacker.example",),
    ("attacker.example:{port}",),
    ("ATTACKER.EXAMPLE.:{port}",),
    ("127.0.0.1.attacker.example:{port}",),
    ("localhost:1",),
    ("10.0.0.1:{port}",),
    ("localhost:{port}", "attacker.example"),
    ("attacker.example", "localhost:{port}"),
    ("localhost:{port}", "localhost:{port}"),
    (),
)
OURS = (
    "localhost:{port}",
    "localhost",
    "LOCALHOST:{port}",
    "localhost.:{port}",
    "127.0.0.1:{port}",
    "[::1]:{port}",
    "[::1]",
)


def ask(
    port: int, path: str, hosts: tuple[str, ...], method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[int, str]:
    """The status and the text of the answer to a request with exactly these Host headers; {port} is filled in."""
    line = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for host in hosts:
            line.putheader("Host", host.format(port=port))
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            line.putheader(name, value)
        line.endheaders(body)
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()
