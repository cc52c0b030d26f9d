#!/usr/bin/env python3
"""Black-box tests of the farm: every route, starting, stopping, and clients of
all kinds. Standard library only.

    BUILD=build python3 tests/test_farm.py [-v]
    python3 tests/test_farm.py --print-site > tests/expected/site.txt

The crawler below shares no code with the C programs: its report of /site/ must
equal tests/expected/site.txt line by line.
"""

import collections
import difflib
import html.parser
import http.client
import json
import os
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FARM = os.path.join(ROOT, os.environ.get("BUILD") or "build", "farm")
EXPECTED = os.path.join(ROOT, "tests", "expected", "site.txt")

# A shell's background jobs ignore Ctrl-C, and so would our farms.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda *_: None)

ANIMALS = [
    ("cow", 1500, "Moo!"), ("pig", 700, "Oink!"), ("sheep", 400, "Baaa!"),
    ("chicken", 900, "Cluck!"), ("bird", 300, "Tweet!"),
    ("duck", 600, "Quack!"), ("dog", 600, "Woof!"), ("cat", 600, "Meow!"),
    ("frog", 600, "Ribbit!"), ("horse", 1100, "Neigh!"),
    ("turkey", 1300, "Gobble-Gobble!"), ("rooster", 200, "Cock-a-Doodle-Doo!"),
]

# A shell's background jobs ignore SIGINT, and so would the farm.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Farm:
    """A farm for one test, to be used in a with statement."""

    def __init__(self, *options, **popen):
        self.process = subprocess.Popen(
            [FARM, *options], stdout=subprocess.PIPE, text=True, **popen)
        self.url = self.process.stdout.readline().strip()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)", self.url)
        assert found, "first line: %r" % self.url
        self.port = int(found[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.stdout.close()
        self.code = self.process.wait(10)

    def connect(self, host="127.0.0.1"):
        return socket.create_connection((host, self.port), timeout=60)

    def ask(self, target):
        """Sends a GET; returns the socket."""
        client = self.connect()
        client.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n"
                       % (target.encode(), self.port))
        return client

    def get(self, target):
        """Returns (status, headers, body), as http.client sees them."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60)
        connection.request("GET", target)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, response.headers, body

    def raw(self, target, most=1 << 20):
        """All bytes of the answer, or the exception after a reset."""
        with self.ask(target) as client:
            return receive(client, most)

    def stats(self, reset=False):
        return json.loads(self.get("/stats?reset" if reset else "/stats")[2])

    def wait_for(self, **wanted):
        """Waits until /stats has these values."""
        for _ in range(500):
            stats = self.stats()
            if all(stats[key] == value for key, value in wanted.items()):
                return stats
            time.sleep(0.01)
        raise AssertionError("wanted %s, got %s" % (wanted, stats))


def receive(client, most=1 << 20):
    data = b""
    while len(data) < most:
        piece = client.recv(65536)
        if not piece:
            break
        data += piece
    return data


# --- A small crawler ---------------------------------------------------------

FOLLOWED = ("text/html", "application/xhtml+xml", "application/xml")


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.base = None
        self.found = []
        self.inside = None

    def handle_starttag(self, tag, attributes):
        if self.inside:
            return
        if tag in ("textarea", "title"):
            self.inside = tag
        href = dict(attributes).get("href")
        if href is None:
            return
        if tag != "base":
            self.found.append((href, self.base))
        elif self.base is None:
            self.base = href

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = None


def resolve(base, reference):
    """The canonical form of a link, or None."""
    reference = re.sub("[\t\r\n]", "", reference.strip(" \t\r\n"))
    try:
        url = urllib.parse.urldefrag(urllib.parse.urljoin(base, reference))[0]
        parts = urllib.parse.urlsplit(url)
        parts.port
    except ValueError:
        return None
    path = urllib.parse.quote(
        parts.path, safe="%/:@!$&'()*+,;=~", errors="surrogateescape")
    path = re.sub("%7[eE]", "~", path)
    query = urllib.parse.quote(
        parts.query, safe="%/?:@!$&'()*+,;=~", errors="surrogateescape")
    return urllib.parse.urlunsplit(parts._replace(path=path, query=query))


def crawl(farm, root):
    """One row of text per URL, as in expected/site.txt."""
    host = "127.0.0.1:%d" % farm.port
    root = "http://%s%s" % (host, root)
    rows = {}
    queue = collections.deque([root])
    seen = {root}

    def allowed(url):
        parts = urllib.parse.urlsplit(url)
        return parts.scheme == "http" and parts.hostname == "127.0.0.1"

    def add(url):
        if allowed(url) and url not in seen:
            seen.add(url)
            queue.append(url)

    def short(url):
        return url[len("http://" + host):] if allowed(url) else url

    while queue:
        url = queue.popleft()
        status, headers, body = farm.get(short(url))
        kind = charset = following = links = "-"
        if headers["Content-Type"]:
            kind = headers["Content-Type"].partition(";")[0].strip()
            text = kind.startswith("text/") or kind in FOLLOWED
            given = re.search(
                r"charset=\"?([^\";]+)", headers["Content-Type"], re.I)
            charset = given[1] if given else "utf-8" if text else "-"
        if 300 <= status < 400:
            target = resolve(url, headers["Location"])
            following = short(target)
            add(target)
        elif status == 200 and kind in FOLLOWED:
            parser = Links()
            parser.feed(body.decode("utf-8", "surrogateescape"))
            parser.close()
            targets = set()
            for href, base in parser.found:
                target = resolve(resolve(url, base) if base else url, href)
                if target and allowed(target):
                    targets.add(target)
            for target in sorted(targets):
                add(target)
            links = len(targets)
        rows[short(url)] = " ".join(str(field) for field in (
            short(url), status, kind, charset, following, len(body), links))
    return [rows[path] for path in sorted(rows)]


# --- The tests ---------------------------------------------------------------


class Shared(unittest.TestCase):
    """One farm at a fiftieth of the usual delays, for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.farm = Farm("--pace", "0.02").__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.farm.__exit__()
        assert cls.farm.code == 0, cls.farm.code


class Routes(Shared):
    def test_front(self):
        status, _, body = self.farm.get("/")
        self.assertEqual(status, 200)
        self.assertIn(b"/animals/NAME", body)
        self.assertEqual(self.farm.get("/nothing")[0], 404)
        self.assertEqual(self.farm.get("/statsx")[0], 404)

    def test_animals(self):
        for name, delay, sound in ANIMALS:
            start = time.monotonic()
            status, headers, body = self.farm.get("/animals/" + name)
            took = time.monotonic() - start
            self.assertEqual((status, body.decode()), (200, sound))
            self.assertEqual(headers["Content-Type"], "text/plain")
            self.assertEqual(headers["Connection"], "close")
            self.assertGreaterEqual(took, delay * 0.02e-3)

    def test_animals_welcome_and_strangers(self):
        self.assertEqual(self.farm.get("/animals/")[0], 200)
        self.assertEqual(self.farm.get("/animals/yak")[0], 404)
        self.assertEqual(self.farm.get("/animals/cowboy")[0], 404)
        self.assertEqual(self.farm.get("/animals/yak?delay=60000")[0], 404)

    def test_delay(self):
        start = time.monotonic()
        self.assertEqual(self.farm.get("/animals/cow?delay=10000")[2], b"Moo!")
        self.assertGreaterEqual(time.monotonic() - start, 0.2)
        self.assertEqual(self.farm.get("/animals/cow?delay=0")[2], b"Moo!")
        start = time.monotonic()
        for query in "x=1&delay=10000", "delay=10000&x=1", "&delay=10000":
            self.farm.get("/animals/rooster?" + query)
        self.assertGreaterEqual(time.monotonic() - start, 0.6)
        start = time.monotonic()
        for query in "xdelay=60000", "x=?delay=60000", "x", "", "delay":
            self.farm.get("/animals/rooster?" + query)
        self.assertLess(time.monotonic() - start, 1.2)  # else it is 60 s / 50
        with Farm("--delay", "150") as farm:
            start = time.monotonic()
            farm.get("/animals/rooster")
            self.assertGreaterEqual(time.monotonic() - start, 0.15)
            farm.get("/animals/rooster?delay=0")

    def test_drip(self):
        with Farm() as farm, farm.ask("/drip/foo") as client:
            start = time.monotonic()
            pieces = []
            while True:
                pieces.append(client.recv(65536))
                if not pieces[-1]:
                    break
            self.assertGreater(time.monotonic() - start, 0.9)
            self.assertLess(time.monotonic() - start, 9)
            self.assertGreater(len(pieces), 5)
            body = b"".join(pieces).partition(b"\r\n\r\n")[2]
            self.assertEqual(body.count(b"foo: drop"), 10)

    def test_ipv6(self):
        try:
            client = self.farm.connect("::1")
        except OSError:
            self.skipTest("no IPv6 here")
        with client:
            client.sendall(b"GET /animals/ HTTP/1.1\r\nHost: [::1]\r\n\r\n")
            self.assertIn(b"Welcome", receive(client))

    def test_a_request_in_pieces(self):
        with self.farm.connect() as client:
            for byte in b"GET /animals/pig HTTP/1.1\r\nHost: x\r\n\r\n":
                client.sendall(bytes([byte]))
                time.sleep(0.0005)
            self.assertTrue(receive(client).endswith(b"Oink!"))

    def test_lines_may_end_in_lf_only(self):
        """A person who types a request into nc sends them (RFC 9112, 2.2)."""
        for request, status in (
                (b"GET /animals/ HTTP/1.1\nHost: x\n\n", b"200"),
                (b"GET / HTTP/1.1\nA: b\nHost:x\nC: d\n\n", b"200"),
                (b"GET / HTTP/1.1\r\nHost: x\n\n", b"200"),
                (b"GET / HTTP/1.1\nHost: x\r\n\r\n", b"200"),
                (b"GET / HTTP/1.0\n\n", b"200"),
                (b"GET / HTTP/1.1\nA: b\n\n", b"400"),
                (b"GET / HTTP/1.1\nA\nHost: x\n\n", b"200"),
                (b"GET / HTTP/1.1\n\nHost: x", b"400"),
                (b"GET / HTTP/1.1\r\n\r\nHost: x", b"400"),
                (b"POST / HTTP/1.1\nHost: x\n\n", b"405"),
                (b"\n\n", b"400")):
            with self.farm.connect() as client:
                client.sendall(request)
                self.assertEqual(receive(client)[9:12], status, request)
        with self.farm.connect() as client:
            for line in b"GET /animals/pig HTTP/1.1\n", b"Host: x\n":
                client.sendall(line)
                time.sleep(0.01)
            client.settimeout(0.05)
            self.assertRaises(TimeoutError, client.recv, 1)
            client.settimeout(10)
            client.sendall(b"\n")
            self.assertTrue(receive(client).endswith(b"Oink!"))

    def test_refusals(self):
        for request, status in (
                (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
                (b"GET / HTTP/1.1\r\n\r\n", b"400"),
                (b"GET / HTTP/1.0\r\n\r\n", b"200"),
                (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
                (b"GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
                (b"GET /\x1b HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
                (b"GET / HTTP/1.1\r\nHost: <x>\r\n\r\n", b"400"),
                (b"\x1b[2J / HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
                (b"GET\r\n\r\n", b"400"), (b"\r\n\r\n", b"400"),
                (b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
                (b"GET /" + 20000 * b"x", b"431")):
            with self.farm.connect() as client:
                client.sendall(request)
                self.assertEqual(receive(client)[9:12], status, request[:60])


class Site(Shared):
    def test_crawl(self):
        with open(EXPECTED, encoding="ascii") as file:
            expected = [line.rstrip("\n") for line in file
                        if not line.startswith("#")]
        found = crawl(self.farm, "/site/")
        self.assertEqual(len(found), 104)
        self.assertFalse("\n".join(
            difflib.unified_diff(expected, found, "expected", "found",
                                 lineterm="")))

    def test_sizes_do_not_depend_on_the_host(self):
        sizes = set()
        for host in ("localhost", "127.0.0.1:12345", "[::1]:80", "h" * 40):
            with self.farm.connect() as client:
                client.sendall(b"GET /site/odds/shapes.html HTTP/1.1\r\n"
                               b"Host: %s\r\n\r\n" % host.encode())
                sizes.add(len(receive(client)))
        self.assertEqual(len(sizes), 1)

    def test_traps(self):
        self.assertEqual(self.farm.get("/site/trap/comment.html")[0], 404)

    def test_generated(self):
        rows = crawl(self.farm, "/site/n200,k3,d10,b3000/")
        self.assertEqual(len(rows), 200)
        for row in rows:
            _, status, _, _, _, size, links = row.split()
            self.assertEqual((status, size), ("200", "3000"))
            self.assertGreaterEqual(int(links), 1)
        self.assertEqual(len(crawl(self.farm, "/site/n1/")), 1)
        self.assertEqual(len(crawl(self.farm, "/site/n30,k0/")), 1)
        self.assertEqual(len(crawl(self.farm, "/site/n30,k1/")), 30)
        self.assertEqual(len(crawl(self.farm, "/site/n30,k100/")), 30)

    def test_generated_refusals(self):
        for spec in ("n0/", "n10", "n10/10", "n10/x", "n10/-1", "n2000000/",
                     "k3/", "n10,z3/", "n10,k/", "n/", "n10,/", "n10//"):
            self.assertEqual(self.farm.get("/site/" + spec)[0], 404, spec)

    def test_faults_happen_once(self):
        faults = 0
        for page in range(1, 200):
            target = "/site/n200,f100/%d" % page
            if not self.farm.raw(target):
                faults += 1
                self.assertIn(b"200 OK", self.farm.raw(target))
        self.assertTrue(5 <= faults <= 40, faults)


class Chaos(Shared):
    def get(self, kind):
        return self.farm.raw("/chaos/" + kind)

    def test_index(self):
        status, _, body = self.farm.get("/chaos/")
        self.assertEqual(status, 200)
        kinds = re.findall(r'<li><a href="([^"]+)"', body.decode())
        self.assertGreater(len(kinds), 30)
        for kind in kinds:
            try:
                with self.farm.ask("/chaos/" + kind) as client:
                    if kind in ("no-body-204", "no-body-304", "stay"):
                        client.settimeout(0.2)  # they do not close
                    receive(client)
            except ConnectionResetError:
                self.assertIn("reset", kind)
            except TimeoutError:
                self.assertIn(kind, ("no-body-204", "no-body-304", "stay"))
        for kind in re.findall(r"<li>([\w-]+)", body.decode()):
            with self.farm.ask("/chaos/" + kind) as client:
                if kind in ("never", "drip"):
                    client.settimeout(0.2)
                try:
                    self.assertGreater(len(receive(client, 1 << 18)), 40)
                except TimeoutError:
                    self.assertIn(kind, ("never", "drip"))
        self.assertEqual(self.farm.get("/chaos/nonsense")[0], 404)

    def test_breaks(self):
        self.assertEqual(self.get("close-before"), b"")
        self.assertNotIn(b"\r\n\r\n", self.get("close-in-headers"))
        self.assertTrue(self.get("close-in-body").endswith(b"\r\n\r\nMoo"))
        self.assertRaises(ConnectionResetError, self.get, "reset")
        self.assertRaises(ConnectionResetError, self.get, "reset-in-body")

    def test_drip(self):
        with Farm() as farm, farm.ask("/chaos/drip") as client:
            start = time.monotonic()
            self.assertEqual(client.recv(100), b"H")
            self.assertEqual(client.recv(100), b"T")
            self.assertTrue(0.9 < time.monotonic() - start < 9)

    def test_byte_by_byte(self):
        pieces = []
        with Farm() as farm, farm.ask("/chaos/byte-by-byte") as client:
            while not pieces or pieces[-1]:
                pieces.append(client.recv(100))
        self.assertGreater(len(pieces), 60)
        self.assertIn(b"3;a=b\r\nMoo\r\n", b"".join(pieces))

    def test_good_ones(self):
        for kind in ("chunked", "until-close", "byte-by-byte", "same-lengths",
                     "too-long", "half-close", "stay"):
            self.assertEqual(self.farm.get("/chaos/" + kind)[2], b"Moo!", kind)
        self.assertEqual(self.farm.get("/chaos/no-body-204")[0], 204)
        self.assertEqual(self.get("1xx").count(b"HTTP/1.1 1"), 3)

    def test_heads(self):
        for kind, size in (("big-header", 65537), ("full-header", 65536)):
            head, end, body = self.get(kind).partition(b"\r\n\r\n")
            self.assertEqual((len(head + end), body), (size, b""))
        self.assertIn(b"\0", self.get("nul"))

    def test_redirects(self):
        target = "/chaos/redirect-loop"
        for i in range(1, 30):
            status, headers, _ = self.farm.get(target)
            self.assertEqual(status, 302)
            target = headers["Location"]
            self.assertEqual(target, "/chaos/redirect-loop/%d" % i)
        for here in "9223372036854775807", "9" * 40, "-9" * 30, "-1", "x":
            status, headers, _ = self.farm.get("/chaos/redirect-loop/" + here)
            self.assertEqual(status, 302)
            self.assertRegex(headers["Location"],
                             r"^/chaos/redirect-loop/[0-9]+$")

    def test_half_close_waits_for_the_client(self):
        with self.farm.ask("/chaos/half-close") as client:
            receive(client)
            self.farm.wait_for(open=1)
        self.farm.wait_for(open=0)

    def test_first(self):
        for token in ("a", "b", "c/d"):
            target = "/chaos/first/3/" + token
            answers = [self.farm.raw(target) for _ in range(5)]
            self.assertEqual(answers[:3], [b"", b"", b""])
            self.assertTrue(answers[3].endswith(b"Moo!"))
            self.assertTrue(answers[4].endswith(b"Moo!"))

    def test_endless_body_respects_the_reader(self):
        with self.farm.ask("/chaos/endless-body") as client:
            client.recv(1000)
            before = self.farm.stats()
            time.sleep(0.3)
            after = self.farm.stats()
            cpu = (after["cpu_user_s"] + after["cpu_sys_s"]
                   - before["cpu_user_s"] - before["cpu_sys_s"])
            self.assertLess(cpu, 0.1)
            self.assertEqual(after["in_flight"], 1)
            self.assertEqual(len(receive(client, 20 << 20)) >> 20, 20)
        self.farm.wait_for(in_flight=0)


class Clients(unittest.TestCase):
    def test_stats(self):
        with Farm() as farm:
            zero = farm.stats()
            for key in ("connections", "requests", "responses", "vanished",
                        "peak_concurrency", "in_flight", "waiting", "open"):
                self.assertEqual(zero[key], 0, key)
            cow = "/animals/cow?delay=1&gate=21"  # all wait for one more
            clients = [farm.ask(cow) for _ in range(20)]
            farm.wait_for(connections=20, requests=20, in_flight=20,
                          waiting=20, open=20, responses=0)
            for client in [*clients, farm.ask(cow)]:
                with client:
                    self.assertTrue(receive(client).endswith(b"Moo!"))
            farm.wait_for(connections=21, responses=21, peak_concurrency=21,
                          in_flight=0, waiting=0, open=0, vanished=0)
            with farm.ask("/animals/cow?delay=60000"):
                farm.wait_for(in_flight=1)
                farm.stats(reset=True)
                farm.wait_for(connections=0, requests=0, responses=0,
                              peak_concurrency=1, in_flight=1)
            farm.wait_for(in_flight=0, waiting=0, vanished=1)

    def test_a_client_that_hangs_up_is_noticed(self):
        with Farm() as farm:
            for target in ("/animals/cow?delay=60000", "/chaos/never",
                           "/chaos/drip", "/drip/x"):
                client = farm.ask(target)
                farm.wait_for(in_flight=1)
                client.close()
                farm.wait_for(in_flight=0, open=0)
            client = farm.ask("/animals/cow?delay=60000")
            farm.wait_for(in_flight=1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
            client.close() # with a reset
            farm.wait_for(in_flight=0, open=0, vanished=5)
            farm.connect().close()
            farm.wait_for(open=0, connections=6)

    def test_slow_readers_and_those_who_leave(self):
        with Farm("--pace", "0") as farm:
            whole = len(farm.raw("/site/n1,b16000000/", 1 << 30))
            self.assertGreater(whole, 16000000)
            slow = farm.ask("/site/n1,b16000000/")
            slow.recv(1)
            quitter = farm.ask("/site/n1,b16000000/")
            quitter.recv(1)
            self.assertEqual(farm.get("/animals/pig")[2], b"Oink!")
            quitter.close()
            farm.wait_for(vanished=1)
            self.assertEqual(len(receive(slow, 1 << 30)) + 1, whole)
            slow.close()

    def test_a_thousand(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 2200:
            self.skipTest("too few descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2200), hard))
        with Farm() as farm:
            small = farm.stats()["rss_kb"]
            cow = "/animals/cow?delay=1&gate=1001"  # all wait for one more
            clients = [farm.ask(cow) for _ in range(1000)]
            stats = farm.wait_for(waiting=1000)
            if small > 0 and "san" not in FARM: # they add their own
                self.assertLess(stats["rss_kb"] - small, 1000)
            for client in [*clients, farm.ask(cow)]:
                with client:
                    self.assertTrue(receive(client).endswith(b"Moo!"))
            farm.wait_for(responses=1001, peak_concurrency=1001)

    @unittest.skipUnless(os.path.exists("/proc/self/stat"), "no /proc")
    def test_no_descriptor_left(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

        with Farm(preexec_fn=few) as farm:
            crowd = [farm.ask("/animals/cow?delay=700") for _ in range(60)]
            time.sleep(0.2)
            with open("/proc/%d/stat" % farm.process.pid) as file:
                busy = sum(map(int, file.read().split()[13:15]))
            self.assertLess(busy, 10) # hundredths of a second
            for client in crowd:
                with client:
                    self.assertTrue(receive(client).endswith(b"Moo!"))
            farm.wait_for(responses=60, open=0)


class Kept(unittest.TestCase):
    """Connections that are kept, if the request asks for it."""

    KEEP = b"Connection: keep-alive\r\n"

    def send(self, client, target, headers=KEEP, version=b"1.1"):
        client.sendall(b"GET %s HTTP/%s\r\nHost: x\r\n%s\r\n"
                       % (target.encode(), version, headers))

    def one(self, client):
        """Receives one answer: (head, body). No byte may follow."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.some(client, data)
        head, _, body = data.partition(b"\r\n\r\n")
        if b"Transfer-Encoding: chunked" in head:
            while not body.endswith(b"0\r\nX-Last-Straw: yes\r\n\r\n"):
                body += self.some(client, body)
        else:
            length = int(re.search(rb"Content-Length: (\d+)", head)[1])
            while len(body) < length:
                body += self.some(client, body)
            self.assertEqual(len(body), length)
        return head + b"\r\n", body

    def some(self, client, before):
        piece = client.recv(65536)
        self.assertTrue(piece, "closed after %r" % before[-200:])
        return piece

    def kept(self, client, target, **how):
        """The body of an answer after which the connection is kept."""
        self.send(client, target, **how)
        head, body = self.one(client)
        self.assertIn(b"\r\nConnection: keep-alive\r\n", head)
        self.assertEqual(head.count(b"Connection"), 1)
        return body

    def closed(self, client, target, **how):
        """The body of an answer after which the connection is closed."""
        self.send(client, target, **how)
        return self.to_the_end(client)

    def to_the_end(self, client):
        head, body = self.one(client)
        self.assertIn(b"\r\nConnection: close\r\n", head)
        self.assertEqual(client.recv(1), b"")
        return body

    def test_many_requests(self):
        with Farm("--pace", "0") as farm, farm.connect() as client:
            for name, _, sound in 3 * ANIMALS:
                self.assertEqual(self.kept(client, "/animals/" + name),
                                 sound.encode())
            for target in "/animals/yak", "/site/", "/none", "/chaos/":
                self.kept(client, target)
            self.assertEqual(self.kept(client, "/drip/foo").count(b"foo"), 10)
            stats = farm.stats()
            self.assertEqual(
                [stats[key] for key in ("connections", "requests", "responses",
                                        "peak_concurrency", "in_flight",
                                        "waiting", "open", "vanished")],
                [1, 41, 41, 1, 0, 0, 1, 0])
            client.close()
            farm.wait_for(open=0, vanished=0, waiting=0)

    def test_a_site(self):
        """The whole site on one connection, as Python's client reads it."""
        with Farm("--pace", "0") as farm:
            connection = http.client.HTTPConnection(
                "127.0.0.1", farm.port, timeout=60)

            class Once:
                port = farm.port

                @staticmethod
                def get(target):
                    connection.request("GET", target,
                                       headers={"Connection": "keep-alive"})
                    response = connection.getresponse()
                    return response.status, response.headers, response.read()

            with open(EXPECTED, encoding="ascii") as file:
                expected = [line.rstrip("\n") for line in file
                            if not line.startswith("#")]
            self.assertEqual(crawl(Once, "/site/"), expected)
            connection.close()
            stats = farm.stats()
            self.assertEqual((stats["connections"], stats["requests"]),
                             (1, 104))

    def test_only_if_asked_and_safe(self):
        with Farm("--pace", "0") as farm:
            for headers in (
                    b"", b"Connection: close\r\n", b"Connection: x\r\n",
                    b"Connection: keep-alive, close\r\n",
                    self.KEEP + b"Connection: Close\r\n",
                    b"Connection: xkeep-alive, keep-alivex\r\n",
                    b"Connection : keep-alive\r\n", b"Keep-Alive: 5\r\n",
                    self.KEEP + b"Content-Length: 0\r\n",
                    self.KEEP + b"content-length: 5\r\n",
                    self.KEEP + b"Transfer-Encoding: chunked\r\n",
                    self.KEEP + b"Content-Length : 5\r\n",
                    self.KEEP + b" Content-Length: 5\r\n",
                    self.KEEP + b"\tx\r\n"):
                with farm.connect() as client:
                    self.assertEqual(self.closed(
                        client, "/animals/cow", headers=headers), b"Moo!")
            with farm.connect() as client:
                self.closed(client, "/animals/cow", version=b"1.0")
            for headers in (b"connection:KEEP-ALIVE\r\n",
                            b"Connection: a,,\tkeep-alive ,b\r\n",
                            b"Connection: a\r\n" + self.KEEP + b"A: b\r\n"):
                with farm.connect() as client:
                    self.kept(client, "/animals/cow", headers=headers)
                    self.kept(client, "/animals/cow", headers=headers)
                    # The last request decides.
                    self.closed(client, "/animals/cow", headers=b"")

    def test_refusals(self):
        for request, status in (
                (b"POST / HTTP/1.1\r\nHost: x\r\n%s\r\n", b"405"),
                (b"GET / HTTP/1.1\r\n%s\r\n", b"400"),
                (b"hello%s\r\n", b"400"), (b"\r\n%s", b"400"),
                (b"GET /" + 20000 * b"x", b"431")):
            with Farm() as farm, farm.connect() as client:
                self.kept(client, "/animals/")
                if b"%" in request:
                    request = request.replace(b"%s", self.KEEP)
                client.sendall(request + b"\r\n")
                answer = receive(client)
                self.assertEqual(answer[9:12], status)
                self.assertIn(b"\r\nConnection: close\r\n", answer)
                client.close()
                farm.wait_for(open=0, requests=2, in_flight=0)

    def test_idle_ones_are_closed(self):
        with Farm("--idle", "1") as farm, farm.connect() as client:
            for _ in range(4):  # each answer starts the time again
                self.kept(client, "/animals/")
                time.sleep(0.3)
            # Waiting for an answer is not idling.
            self.kept(client, "/animals/cow?delay=1300")
            client.sendall(b"GET / HT")  # a part of a request changes nothing
            start = time.monotonic()
            self.assertEqual(client.recv(1), b"")
            self.assertTrue(0.1 < time.monotonic() - start < 5)
            farm.wait_for(open=0, vanished=0, requests=5, connections=1)
        with Farm("--idle", "0") as farm, farm.connect() as client:
            self.kept(client, "/animals/")
            self.assertEqual(client.recv(1), b"")
        with Farm("--idle", "0.1") as farm, farm.connect() as client:
            time.sleep(0.3)  # the limit is for kept ones
            self.kept(client, "/animals/")

    def test_requests_in_advance(self):
        """They are never answered in part: the connection is closed after the
        answer, and no byte of it is lost."""
        request = b"GET %s HTTP/1.1\r\nHost: x\r\n" + self.KEEP + b"\r\n"
        cow = request % b"/animals/cow"
        for first in b"/animals/cow?delay=0", b"/animals/cow?delay=1000":
            for pieces in ([request % first + cow], [request % first, cow],
                           [request % first, cow[:7]],
                           [request % first + cow[:1]],
                           [request % first + 1000 * cow],
                           [request % first, b"", 1000 * cow]):
                if len(pieces) > 1 and b"delay=0" in first:
                    continue  # this is no advance
                with Farm("--idle", "0.2") as farm, farm.connect() as client:
                    for piece in pieces:
                        client.sendall(piece)
                        time.sleep(0.05)
                    self.assertEqual(self.to_the_end(client), b"Moo!")
                    farm.wait_for(requests=1, responses=1, in_flight=0)
                    # It is closed even if the client never does so.
                    farm.wait_for(open=0, connections=1, vanished=0)

    def test_requests_in_advance_of_a_slow_answer(self):
        """The head says keep-alive before they come."""
        with Farm("--idle", "1") as farm, farm.connect() as client:
            self.send(client, "/drip/foo")
            head = client.recv(1000).partition(b"\r\n\r\n")[0]
            self.assertIn(b"Connection: keep-alive", head)
            self.send(client, "/animals/cow")
            self.assertEqual(receive(client).count(b"foo: drop"), 10)
            farm.wait_for(requests=1, responses=1, open=0)

    def test_large_answers(self):
        with Farm("--pace", "0") as farm, farm.connect() as client:
            start = time.monotonic()
            for _ in range(20):
                body = self.kept(client, "/site/n1,b300000/")
                self.assertEqual(len(body), 300000)
            self.assertLess(time.monotonic() - start, 5)
            self.send(client, "/site/n1,b16000000/")
            client.recv(1)
            time.sleep(0.1)
            # These bytes stay unread until the answer is complete.
            self.send(client, "/animals/pig")
            data = b""
            while not data.endswith(b"Oink!"):
                data += self.some(client, b"")
            self.assertIn(b"\r\nConnection: keep-alive\r\n", data[-200:])
            farm.wait_for(requests=22, responses=22, connections=1)

    def test_delays_and_gates_begin_again(self):
        with Farm() as farm:
            clients = [farm.connect() for _ in range(3)]
            for client in clients:
                self.kept(client, "/animals/cow?delay=20")
                start = time.monotonic()
                self.kept(client, "/animals/")
                self.kept(client, "/animals/cow?delay=0")
                self.assertLess(time.monotonic() - start, 1)
            farm.stats(reset=True)
            for client in clients[:2]:
                self.send(client, "/animals/cow?delay=1&gate=3")
            farm.wait_for(waiting=2, in_flight=2, requests=2, connections=0)
            time.sleep(0.05)
            self.assertEqual(farm.stats()["responses"], 0)
            self.send(clients[2], "/animals/cow?delay=1&gate=3")
            for client in clients:
                self.assertEqual(self.one(client)[1], b"Moo!")
            farm.wait_for(waiting=0, in_flight=0, responses=3,
                          peak_concurrency=3)
            # One leaves idle, one at a gate, one during a delay.
            farm.stats(reset=True)
            self.send(clients[0], "/animals/cow?delay=1&gate=3")
            self.send(clients[1], "/animals/cow?delay=60000")
            farm.wait_for(waiting=2, in_flight=2)
            for client in clients:
                client.close()
            farm.wait_for(waiting=0, in_flight=0, vanished=2, open=0)

    def test_stats_do_not_count_themselves(self):
        with Farm() as farm:
            with farm.connect() as client:
                self.closed(client, "/stats")
            with farm.connect() as client:
                self.kept(client, "/animals/")
                farm.wait_for(connections=1, requests=1, open=1)
                stats = json.loads(self.closed(client, "/stats"))
                self.assertEqual((stats["connections"], stats["requests"],
                                  stats["open"]), (1, 1, 0))
            farm.wait_for(connections=1, requests=1, open=0)

    def test_chaos(self):
        """The same bytes and the same end as on a new connection."""
        with Farm("--pace", "0.01") as farm:
            index = farm.get("/chaos/")[2].decode()
            for kind in re.findall(r'<li><a href="([^"]+)"', index):
                if kind.startswith("first/"):
                    continue
                target, results = "/chaos/" + kind, []
                for headers in b"", self.KEEP:
                    with farm.connect() as client:
                        self.kept(client, "/animals/")
                        self.send(client, target, headers)
                        client.settimeout(1)
                        results.append(self.all(client))
                (plain, plain_end), (asked, asked_end) = results
                if b"Connection: keep-alive" in asked:  # an answer of ours
                    self.assertEqual((plain_end, asked_end),
                                     ("closed", "open"), kind)
                    asked = asked.replace(b"keep-alive", b"close")
                else:
                    self.assertEqual(plain_end, asked_end, kind)
                self.assertEqual(plain, asked, kind)
            farm.wait_for(in_flight=0, open=0)
            with farm.connect() as client:
                self.kept(client, "/animals/")
                self.send(client, "/chaos/first/1/x")
                self.assertEqual(receive(client), b"")
            with farm.connect() as client:
                self.assertEqual(self.kept(client, "/chaos/first/1/x"),
                                 b"Moo!")

    def all(self, client):
        data = b""
        try:
            while True:
                piece = client.recv(1 << 20)
                if not piece:
                    return data, "closed"
                data += piece
        except ConnectionResetError:
            return data, "reset"
        except TimeoutError:
            return data, "open"

    def test_log(self):
        with tempfile.NamedTemporaryFile("r") as file:
            with Farm("--log", file.name) as farm, farm.connect() as client:
                sizes = [len(b"".join(self.answer(client, target)))
                         for target in ("/animals/cow?delay=20", "/animals/")]
            lines = file.read().splitlines()
        self.assertRegex(lines[0], r"Z GET /animals/cow\?delay=20 200 %d "
                         % (sizes[0] + 2))
        self.assertRegex(lines[1], r"Z GET /animals/ 200 %d \d\.\d$"
                         % (sizes[1] + 2))
        self.assertEqual(len(lines), 2)

    def answer(self, client, target):
        self.send(client, target)
        return self.one(client)

    def test_the_end_closes_them(self):
        with Farm() as farm, farm.connect() as client:
            self.kept(client, "/animals/")
            farm.process.terminate()
            self.assertEqual(farm.process.wait(5), 0)
            self.assertEqual(client.recv(1), b"")


class Spread(unittest.TestCase):
    def test_spread(self):
        """Asked for in this order, they answer in the order of their delays,
        which lie half a second apart, and not before."""
        with Farm("--spread", "2000", "--delay", "20") as farm:
            for target in "/animals/cow", "/animals/cow?delay=20":
                start = time.monotonic()
                clients = {farm.ask(target): ms
                           for ms in (20, 1256, 492, 1728)}
                order = []
                while clients:
                    for client in select.select(list(clients), [], [], 10)[0]:
                        with client:
                            receive(client)
                        order.append(clients.pop(client))
                        self.assertGreaterEqual(
                            (time.monotonic() - start) * 1e3, order[-1])
                self.assertEqual(order, sorted(order))
                farm.stats(reset=True)  # begins anew
            start = time.monotonic()
            for _ in range(2):  # it is about animals only
                self.assertEqual(farm.get("/site/")[0], 200)
            self.assertLess(time.monotonic() - start, 1.2)


class Gate(unittest.TestCase):
    def hold(self, farm, target, n):
        """n clients, none of which is answered."""
        clients = [farm.ask(target) for _ in range(n)]
        farm.wait_for(waiting=n, in_flight=n)
        time.sleep(0.05)
        self.assertEqual(farm.stats()["responses"], 0)
        return clients

    def release(self, farm, target, clients):
        """One more request opens the gate for these and for later clients."""
        clients.append(farm.ask(target))
        for client in clients:
            with client:
                self.assertTrue(receive(client).startswith(b"HTTP/1.1 200"))
        stats = farm.wait_for(in_flight=0, waiting=0)
        self.assertEqual(stats["peak_concurrency"], len(clients))
        self.assertEqual(farm.get(target)[0], 200)

    def test_of_the_farm(self):
        with Farm("--gate", "4", "--delay", "1") as farm:
            for target in "/animals/cow", "/site/animals/cow.html":
                self.assertEqual(farm.get("/site/")[0], 200)  # a root
                self.assertEqual(farm.get("/animals/yeti")[0], 404)
                farm.stats(reset=True)  # which closes it again
                clients = self.hold(farm, target, 3)
                self.release(farm, target, clients)

    def test_of_a_request(self):
        for target, root in (
                ("/animals/cow?delay=1&gate=3", "/animals/cow?delay=1"),
                ("/site/n5,k4,d1,g3/4", "/site/n5,k4,d1,g3/")):
            with Farm() as farm:
                self.assertEqual(farm.get(root)[0], 200)
                farm.stats(reset=True)
                clients = self.hold(farm, target, 2)
                self.release(farm, target, clients)

    def test_delays_still_count(self):
        with Farm("--gate", "2") as farm:
            start = time.monotonic()
            clients = [farm.ask("/animals/cow?delay=300") for _ in range(2)]
            for client in clients:
                with client:
                    receive(client)
            self.assertGreater(time.monotonic() - start, 0.29)

    def test_who_leaves_is_not_counted(self):
        with Farm("--gate", "3", "--delay", "1") as farm:
            for client in self.hold(farm, "/animals/cow", 2):
                client.close()
            farm.wait_for(in_flight=0, waiting=0, vanished=2)
            clients = self.hold(farm, "/animals/pig", 2)
            self.release(farm, "/animals/pig", clients)

    def test_it_opens_at_last(self):
        with Farm("--gate", "9", "--delay", "1") as farm:
            start = time.monotonic()
            self.assertEqual(farm.get("/animals/cow")[2], b"Moo!")
            self.assertGreater(time.monotonic() - start, 9.9)
            self.assertEqual(farm.get("/animals/pig")[2], b"Oink!")
            self.assertLess(time.monotonic() - start, 19)


class Process(unittest.TestCase):
    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Farm() as farm, farm.ask("/animals/cow") as client:
                farm.wait_for(in_flight=1)
                farm.process.send_signal(number)
                self.assertEqual(farm.process.wait(5), 0)
                self.assertEqual(receive(client), b"")

    def test_lifeline(self):
        reading, writing = os.pipe()
        with Farm("--lifeline", str(reading), pass_fds=[reading]) as farm:
            os.close(reading)
            os.write(writing, b"still here")
            time.sleep(0.1)
            self.assertIsNone(farm.process.poll())
            os.close(writing)
            self.assertEqual(farm.process.wait(5), 0)

    def test_log(self):
        with tempfile.NamedTemporaryFile("r") as file:
            with Farm("--log", file.name) as farm:
                farm.get("/animals/rooster?delay=20")
                farm.get("/animals/yak")
                with farm.ask("/animals/cow?delay=60000"):
                    farm.wait_for(in_flight=1)
                farm.wait_for(in_flight=0)
            lines = [line for line in file if "/stats" not in line]
        number = r"(\d+\.\d)"
        stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
        first = re.fullmatch(stamp + r" GET /animals/rooster\?delay=20 200 "
                             r"\d+ " + number + "\n", lines[0])
        self.assertGreaterEqual(float(first[1]), 20)
        self.assertRegex(lines[1], stamp + r" GET /animals/yak 404 ")
        self.assertRegex(lines[2], r" /animals/cow\S+ 0 0 [\d.]+ vanished\n")
        self.assertEqual(len(lines), 3)

    def test_port(self):
        for _ in range(5):  # somebody else may get the port in between
            with Farm() as farm:
                other = subprocess.run(
                    [FARM, "--port", str(farm.port)], capture_output=True)
                self.assertEqual(other.returncode, 1)
                self.assertEqual(
                    other.stderr.decode(), "farm: port %d: in use; try "
                    "another one (--port, PORT=)\n" % farm.port)
                self.assertEqual(farm.get("/animals/rooster?delay=0")[0], 200)
            try:
                with Farm("--port", str(farm.port)) as again:
                    self.assertEqual(again.port, farm.port)
                    return
            except AssertionError as error:
                failure = error
        raise failure

    def test_what_it_cannot_have_is_named(self):
        for options, text in (
                (["--log", "/nonexistent/x"],
                 "cannot write /nonexistent/x: No such file or directory"),
                (["--lifeline", "77"], "--lifeline 77: Bad file descriptor"),
                (["--lifeline", "77", "--selector", "poll"],
                 "--lifeline 77: Bad file descriptor")):
            run = subprocess.run([FARM, *options], capture_output=True,
                                 text=True, timeout=60)
            self.assertEqual((run.returncode, run.stdout, run.stderr),
                             (1, "", "farm: %s\n" % text))

    def test_closed_streams(self):
        """The address on stdout does not end up in the log."""
        for _ in range(5):  # somebody else may get the port in between
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            with tempfile.NamedTemporaryFile("r") as file:
                process = subprocess.Popen(
                    ["sh", "-c", 'exec "$@" <&- >&-', "sh", FARM, "--log",
                     file.name, "--port", str(port)], stderr=subprocess.PIPE)
                end = time.monotonic() + 10
                while process.poll() is None and time.monotonic() < end:
                    try:  # it cannot say when it listens
                        socket.create_connection(("127.0.0.1", port)).close()
                        break
                    except ConnectionRefusedError:
                        time.sleep(0.001)
                process.terminate()
                said = process.communicate(timeout=10)[1]
                log = file.read()
            if b"in use" not in said:
                break
        self.assertEqual((said, process.returncode, log), (b"", 0, ""))

    def test_virtual_clock_is_for_clients(self):
        with Farm("--pace", "0.1",
                  env=dict(os.environ, CLOCK="virtual")) as farm:
            self.assertEqual(farm.get("/animals/rooster")[2],
                             b"Cock-a-Doodle-Doo!")


if __name__ == "__main__":
    if sys.argv[1:] == ["--print-site"]:
        with Farm("--pace", "0") as our_farm:
            with open(EXPECTED, encoding="ascii") as text:
                print("".join(line for line in text if line[0] == "#"), end="")
            print("\n".join(crawl(our_farm, "/site/")))
    elif "tsan" in os.environ.get("BUILD", ""):
        print("0 passed, 0 failed, 1 skipped")  # it has one thread
    else:
        unittest.main()
