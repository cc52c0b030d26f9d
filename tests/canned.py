"""A web server of canned answers, where the farm is not enough: any host name,
answers that are held back until the test releases them, any bytes.

    with Canned({"/": links("/a", "/b"), "/a": redirect("/b")}) as server:
        ...
        server.requests     # the requests: .target, .host
        server.faults       # errors in the requests; a test expects []

A page is the bytes of the whole answer, or a function that gets the request and
returns the bytes, perhaps after request.until_hung_up(). None closes the
connection without an answer. A list is sent part by part, with a short pause
between two parts. A page that is not listed is a 404.
"""

import collections
import re
import socket
import threading
import time

REQUEST = re.compile(
    rb"GET (/[!-~]*) HTTP/1\.1\r\n"
    rb"Host: ([!-~]+)\r\n"
    rb"User-Agent: six-ways-to-wait/1\r\n"
    rb"Accept: \*/\*\r\n"
    rb"Accept-Encoding: identity\r\n"
    rb"Connection: close\r\n\r\n")

REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found",
           404: "Not Found", 503: "Service Unavailable"}

Request = collections.namedtuple("Request", "target host raw client")
Request.until_hung_up = lambda request: request.client.recv(1) and None


def encoded(text):
    return text if isinstance(text, bytes) else text.encode()


def answer(body=b"", status=200, type="text/html", headers=()):
    """A whole response. `type` and headers may be any bytes; type=None leaves
    the Content-Type out."""
    body = encoded(body)
    lines = [b"HTTP/1.1 %d %s" % (status,
                                  REASONS.get(status, "So").encode())]
    if type is not None:
        lines.append(b"Content-Type: " + encoded(type))
    lines.append(b"Content-Length: %d" % len(body))
    lines.append(b"Connection: close")  # no client may keep it
    lines.extend(encoded(header) for header in headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def links(*hrefs, **more):
    """A page with these links, which are not escaped."""
    body = b"<!DOCTYPE html><title>Links</title>\n"
    for href in hrefs:
        body += b'<a href="' + encoded(href) + b'">link</a>\n'
    return answer(body, **more)


def redirect(where, status=302):
    return answer(status=status, type=None,
                  headers=[b"Location: " + encoded(where)])


class Canned:
    def __init__(self, pages, host="127.0.0.1"):
        self.pages = pages
        self.requests = []
        self.faults = []
        self.connections = 0
        self.closed = 0
        self.in_flight = 0
        self.peak = 0
        self.changed = threading.Condition()
        self.open_gate = threading.Event()
        self.open_gate.set()
        self.closing = False
        self.threads = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server(
            (host, 0), family=family, backlog=128)
        self.port = self.listener.getsockname()[1]
        self.host = "[%s]" % host if ":" in host else host
        self.url = "http://%s:%d" % (self.host, self.port)
        self.start(self.accept)

    def __str__(self):
        return self.url

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def close(self):
        self.closing = True
        self.open_gate.set()
        # Closing a socket does not wake a thread in accept(); a client does.
        try:
            socket.create_connection(self.listener.getsockname()[:2],
                                     timeout=5).close()
        except OSError:
            pass
        for thread in self.threads:
            thread.join(10)
        self.listener.close()

    # --- For the test ---

    def hold(self):
        """From now on answers wait for release()."""
        self.open_gate.clear()

    def release(self):
        self.open_gate.set()

    def wait_for(self, done, limit=20):
        """Waits until done(self) is true. An event, not a pause."""
        with self.changed:
            if not self.changed.wait_for(lambda: done(self), limit):
                raise AssertionError(
                    "in vain: %d connections, %d in flight, requests %s"
                    % (self.connections, self.in_flight, self.targets()))

    def targets(self):
        return sorted(request.target for request in self.requests)

    # --- For the clients ---

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            if self.closing:
                client.close()
                return
            with self.changed:
                self.connections += 1
                self.changed.notify_all()
            self.start(self.serve, client)

    def fault(self, text, *args):
        with self.changed:
            self.faults.append(text % args)

    def read_request(self, client):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = client.recv(65536)
            if not piece:
                if data:
                    self.fault("half a request: %r", data)
                return None
            data += piece
        found = REQUEST.fullmatch(data)
        if not found:
            self.fault("bad request: %r", data)
            return None
        return Request(found[1].decode(), found[2].decode(), data, client)

    def count(self, by):
        with self.changed:
            self.in_flight += by
            self.peak = max(self.peak, self.in_flight)
            self.changed.notify_all()

    def serve(self, client):
        client.settimeout(20)
        try:
            with client:
                request = self.read_request(client)
                if request is not None:
                    self.reply(client, request)
        except OSError:
            pass  # the client went away: a test checks the client's report
        with self.changed:
            self.closed += 1
            self.changed.notify_all()

    def reply(self, client, request):
        with self.changed:
            self.requests.append(request)
        self.count(+1)
        self.open_gate.wait()
        page = self.pages.get(request.target, answer("?\n", 404))
        if callable(page):
            page = page(request)
        parts = page if isinstance(page, list) else [page]
        for part in parts[:-1]:
            client.sendall(part)
            time.sleep(0.01)
        # Before the last bytes: a quick client might connect again before the
        # count, and seem to have one connection more.
        self.count(-1)
        if parts[-1] is not None:
            client.sendall(parts[-1])
