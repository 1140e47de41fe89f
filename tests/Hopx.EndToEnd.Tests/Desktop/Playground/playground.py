"""Serves the playground, and keeps what its page tells, for a test to wait for."""

import http.server
import json
import pathlib
import threading
import urllib.parse

PAGE = pathlib.Path(__file__).with_name("playground.html").read_bytes()
PATIENCE_SECONDS = 20
state = {}
changed = threading.Condition()


class Playground(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        if address.path != "/until":
            self.answer("text/html; charset=utf-8", PAGE)
            return

        query = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
        with changed:
            # What is there when the time is up tells more than that it is up.
            changed.wait_for(lambda: state.get(query["name"]) == query["value"], PATIENCE_SECONDS)
            value = state.get(query["name"], "(nothing)")
        self.answer("text/plain; charset=utf-8", value.encode())

    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with changed:
            state.update(told)
            changed.notify_all()
        self.answer("text/plain", b"")

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", 8200), Playground).serve_forever()
