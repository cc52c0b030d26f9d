#!/usr/bin/env python3
"""Crawls a server by others, nginx with a documentation tree: our own server
would share our misunderstandings. Each stage's crawler must find the same pages
as an independent crawler, a few lines on Python's html.parser.

Skipped where nginx or the documentation (Debian: nginx-light, debian-policy) is
missing, but not if CI is set in the environment.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from support import BUILD, ENVIRONMENT, LIMIT, ROOT

DOCS = os.environ.get("DOCS") or "/usr/share/doc/debian-policy"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
MISSING = [name for name, there in
           (("nginx (Debian: nginx-light)", NGINX),
            (DOCS + " (Debian: debian-policy)", os.path.isdir(DOCS)))
           if not there]

CONF = """
daemon off; master_process off; pid %(folder)s/pid; error_log stderr;
events {}
http {
    types { text/html html; text/css css; text/plain txt; image/png png;
            application/pdf pdf; text/javascript js; }
    default_type application/octet-stream;
    access_log %(folder)s/access.log;
    client_body_temp_path %(folder)s/a; proxy_temp_path %(folder)s/b;
    fastcgi_temp_path %(folder)s/c; uwsgi_temp_path %(folder)s/d;
    scgi_temp_path %(folder)s/e;
    server {
        listen 127.0.0.1:%(port)d;
        root %(root)s; autoindex on; index index.html;
    }
}
"""


class Links(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.base = None
        self.hrefs = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name != "href" or value is None:
                continue
            if tag == "base":
                self.base = self.base or value
            else:
                self.hrefs.append(value.strip())

    handle_startendtag = handle_starttag


def crawl(root):
    """{url: status} of all pages within reach on root's host and port."""
    found = {}
    queue = [root]
    while queue:
        url = queue.pop()
        if url in found:
            continue
        parts = urlsplit(url)
        client = http.client.HTTPConnection(parts.netloc, timeout=LIMIT)
        target = parts.path + ("?" + parts.query if parts.query else "")
        client.request("GET", target)
        answer = client.getresponse()
        body = answer.read()
        client.close()
        found[url] = answer.status
        if 300 < answer.status < 400:
            queue.append(urljoin(url, answer.headers["Location"]))
        kind = (answer.headers["Content-Type"] or "").partition(";")[0]
        if answer.status != 200 or kind != "text/html":
            continue
        links = Links()
        links.feed(body.decode("utf-8", "replace"))
        base = urljoin(url, links.base or "")
        for href in links.hrefs:
            target = urldefrag(urljoin(base, href)).url
            if urlsplit(target)[:2] == parts[:2]:
                queue.append(target)
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@unittest.skipIf(MISSING and not os.environ.get("CI"),
                 "missing: " + ", ".join(MISSING))
class Nginx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if MISSING:
            raise AssertionError("missing: " + ", ".join(MISSING))
        cls.folder = tempfile.mkdtemp(prefix="nginx-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for _ in range(5):  # somebody else may get the port first
            port = free_port()
            if cls.start(port):
                break
            said = cls.server.stderr.read()
            cls.stop()
        else:
            raise AssertionError(said)
        cls.addClassCleanup(cls.stop)
        cls.url = "http://127.0.0.1:%d/" % port
        cls.expected = crawl(cls.url)

    @classmethod
    def start(cls, port):
        """Starts nginx. Returns whether it listens."""
        conf = os.path.join(cls.folder, "conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(CONF % {"folder": cls.folder, "port": port,
                               "root": DOCS})
        cls.server = subprocess.Popen(
            [NGINX, "-p", cls.folder, "-c", conf],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        end = time.monotonic() + LIMIT
        while cls.server.poll() is None and time.monotonic() < end:
            if os.path.exists(os.path.join(cls.folder, "pid")):
                return True  # which it writes when it has the port
            time.sleep(0.01)
        return False

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait(LIMIT)
        cls.server.stderr.close()

    def crawl_with(self, stage):
        name = os.path.join(self.folder, stage + ".json")
        subprocess.run(
            [os.path.join(ROOT, BUILD, stage, "crawl"), "-q", "--json", name,
             self.url], check=True, timeout=LIMIT, env=ENVIRONMENT)
        with open(name, encoding="utf-8") as file:
            return {row["url"]: row["status"]
                    for row in json.load(file)["urls"]}

    def test_an_independent_crawler_finds_the_same(self):
        self.assertGreater(len(self.expected), 50)
        wanted = os.environ.get("STAGES", "1 2 3 4 5 6").split()
        for stage in sorted(os.listdir(os.path.join(ROOT, BUILD))):
            if stage[:1] == "0" and stage[1:2] in wanted:
                with self.subTest(stage=stage):
                    self.assertEqual(self.crawl_with(stage), self.expected)


if __name__ == "__main__":
    sys.exit(unittest.main())
