"""A server with OpenAI's interface, on a free port of this machine."""

import io
import json
import threading
import wave
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from python_multipart.multipart import parse_form


@dataclass
class Asked:
    """One request."""

    path: str
    headers: dict
    fields: dict = field(default_factory=dict)
    wav: bytes = b""

    def samples(self):
        with wave.open(io.BytesIO(self.wav)) as file:
            assert file.getparams()[:3] == (1, 2, 16000)
            return file.readframes(file.getnframes())


class SpeechServer:
    """Gives its answers in turn, each (status, body); the last one again and again."""

    def __init__(self, *answers):
        self.answers, self.asked, self.let_go = list(answers), [], threading.Event()
        self.let_go.set()

    def answer(self, asked):
        self.asked.append(asked)
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.let_go.wait(180)
        return status, body if isinstance(body, bytes) else json.dumps(body).encode()


@contextmanager
def serving(*answers):
    """Yield the server, with its `address`."""
    server = SpeechServer(*answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = Asked(self.path, {k.lower(): v for k, v in self.headers.items()})
            parse_form(
                {k.title(): v.encode() for k, v in self.headers.items()},
                self.rfile,
                lambda f: asked.fields.setdefault(f.field_name.decode(), []).append(
                    f.value.decode()
                ),
                lambda f: _keep(asked, f),
            )
            status, body = server.answer(asked)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    server.address = f"127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        server.let_go.set()
        http.shutdown()
        http.server_close()


def _keep(asked, file):
    file.file_object.seek(0)
    asked.wav = file.file_object.read()
    asked.fields["file"] = [file.file_name.decode()]
