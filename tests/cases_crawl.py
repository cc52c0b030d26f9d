"""The cases of crawl, for every stage."""

import json
import os
import re
import socket
import time

from canned import Canned, answer, links, redirect
from cases_animals import check_turns, read_trace
from support import LIMIT, PATIENCE, ROOT, SLOW, crawl, each, main_crawl

CLOSED = "connection closed before the response was complete"
RESET = "connection reset by peer"
FINE = (200, "text/plain", "utf-8", 4)


def short(url, server):
    """/path for a URL of this server."""
    prefix = str(server)
    return url[len(prefix):] if url and url.startswith(prefix) else url


def found(run, server):
    """path: status, or the error's words"""
    return {short(url, server): row["error"] or row["status"]
            for url, row in run.rows.items()}


# --- The farm's site ---------------------------------------------------------


def expected_site():
    with open(os.path.join(ROOT, "tests", "expected", "site.txt")) as file:
        return [line.strip() for line in file if line[:1] not in "#\n"]


def site_lines(run, farm):
    def text(value):
        return "-" if value is None else str(short(value, farm)) \
            if isinstance(value, str) else str(value)
    lines = []
    for row in run.data["urls"]:
        lines.append(" ".join(text(row[key]) for key in (
            "url", "status", "content_type", "encoding", "next_url", "size",
            "num_urls")))
    return lines


def check_site(t, run, farm):
    t.same(site_lines(run, farm), expected_site())
    t.same([row["tries"] for row in run.data["urls"]], [1] * 104)
    # Each page but the root is counted as a new link of one page, unless a
    # redirect led there before a link did, which is a matter of luck.
    redirects = sum(row["next_url"] is not None for row in run.data["urls"])
    new = sum(row["num_new_urls"] or 0 for row in run.data["urls"])
    t.assertLessEqual(new, 103)
    t.assertGreaterEqual(new, 103 - redirects)


# The root of the site leads to five pages at first, so five pages must be asked
# for together. ten_at_a_time checks the limit on a site with enough pages.
def site_farm(t, most):
    return t.farm("--pace", "0.5" if t.concurrent else "0.05", "--gate",
                  t.peak(min(most, 5)))


def check_peak(t, run, farm, most):
    for peak in (run.timing["max_in_flight"],
                 farm.stats()["peak_concurrency"]):
        if not t.peak(min(most, 5)) <= peak <= most:
            t.same(peak, most,
                   "As many are in flight as may be, and no more.")


@main_crawl
def the_site(t):
    """All 104 pages of the farm's site are found, each once."""
    farm = site_farm(t, 10)
    run = t.crawl(farm, "%s/site/" % farm)
    check_site(t, run, farm)
    t.same(run.timing["connections"], 104)
    check_peak(t, run, farm, 10)
    expected = [line.split() for line in expected_site()]
    t.same(run.counters["urls"], len(expected))
    t.same(run.counters["errors"], 0)
    t.same(run.counters["redirects"], sum(row[4] != "-" for row in expected))
    t.same(run.counters["html"], sum(row[6] != "-" for row in expected))
    t.same(run.counters["bytes"], sum(int(row[5]) for row in expected))
    for name in "skipped_off_host", "skipped_not_http":
        t.assertGreater(run.counters[name], 0)
    for name in "skipped_excluded", "dropped", "retries":
        t.same(run.counters[name], 0)


@main_crawl
def the_site_three_at_a_time(t):
    """--max-tasks 3 fetches three pages at a time."""
    farm = site_farm(t, 3)
    run = t.crawl(farm, "--max-tasks", "3", "%s/site/" % farm, "-q")
    check_site(t, run, farm)
    check_peak(t, run, farm, 3)


@crawl
def the_site_one_at_a_time(t):
    """--max-tasks 1 fetches one page at a time."""
    farm = t.farm("--pace", "0.02")
    run = t.crawl(farm, "--max-tasks", "1", "%s/site/" % farm, "-q")
    check_site(t, run, farm)
    t.same(farm.stats()["peak_concurrency"], 1)


@main_crawl
def ten_at_a_time(t):
    """Ten pages are fetched at a time unless told otherwise."""
    n = t.peak(10)
    farm = t.farm()
    run = t.crawl(farm, "%s/site/n60,k50,d1,g%d/" % (farm, n), "-q")
    t.same(run.counters["status_200"], 60)
    t.same(run.timing["max_in_flight"], n,
           "As many are in flight as may be, and no more.")
    t.same(farm.stats()["peak_concurrency"], n,
           "As many are in flight as may be, and no more.")


@main_crawl
def a_larger_site(t):
    """A site of 400 pages is found, fifty pages at a time."""
    farm = t.farm()
    run = t.crawl(farm, "--max-tasks", "50", "-q",
                  "%s/site/n400,k60,d1,g%d/" % (farm, t.peak(50)))
    t.same(run.counters["urls"], 400)
    # Without redirects every page but the root is the new link of one page.
    t.same(sum(row["num_new_urls"] for row in run.data["urls"]), 399)
    t.same(run.counters["status_200"], 400)
    t.same_peak(run.timing["max_in_flight"], 50)


@crawl
def trace(t):
    """The trace has each worker by its name, and each page that it fetched."""
    farm = t.farm("--pace", "0.05")
    path = t.file("trace.json")
    run = t.crawl(farm, "--trace", path, "-q", "--max-pages", "20",
                  "%s/site/" % farm)
    facts, names = read_trace(path)
    check_turns(t, run, facts)
    for task, name in names.items():
        t.same(name, "worker %d" % task if task >= 0 else "loop")
    t.assertIn(0, names)
    t.assertLessEqual(max(names), 9)
    of_kind = {kind: [fact for fact in facts if fact["name"] == kind]
               for kind in ("ask", "fetched", "done", "wait condition")}
    t.same(sorted((fact["url"], fact["status"]) for fact in of_kind["done"]),
           sorted((row["url"], row["status"]) for row in run.data["urls"]
                  if row["status"] is not None))
    for kind in "ask", "fetched":
        t.same(len(of_kind[kind]), run.timing["connections"])
    for ask in of_kind["ask"]:
        t.assertIn((ask["url"], ask["task"]),
                   [(fact["url"], fact["task"]) for fact in of_kind["done"]])
    if t.number in (2, 5, 6):  # these stages have a condition
        t.assertTrue(of_kind["wait condition"])


@crawl
def trace_of_pauses(t):
    """The trace has the pause before each new try."""
    farm = t.farm()
    path = t.file("trace.json")
    t.crawl(farm, "--trace", path, "%s/chaos/first/2/a" % farm)
    facts, _ = read_trace(path)
    pauses = [fact for fact in facts if fact["name"] == "wait timer"]
    t.same([fact["timer"] for fact in pauses], [100, 200])
    t.same([fact["task"] for fact in pauses], [0, 0])
    t.same({fact["at"].split(":")[0] for fact in pauses}, {"crawl.c"})


# --- Tries -------------------------------------------------------------------


@main_crawl
def third_try(t):
    """A URL that fails for now is tried again after 100 ms and 200 ms."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/first/2/a" % farm)
    [row] = run.data["urls"]
    t.same((row["status"], row["tries"], row["error"]), (200, 3, None))
    t.same(farm.connections, 3)
    t.assertGreater(run.timing["wall_s"], 0.3)  # 100 ms, 200 ms


@crawl
def one_try(t):
    """--max-tries 1 tries once."""
    farm = t.farm()
    run = t.crawl(farm, "--max-tries", 1, "%s/chaos/first/2/a" % farm, code=1)
    [row] = run.data["urls"]
    t.same((row["error"], row["tries"]), (CLOSED, 1))
    t.assertLess(run.timing["wall_s"], 10)


@crawl
def not_tries_enough(t):
    """After --max-tries the error stays."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/first/2/a" % farm, "--max-tries", 2, code=1)
    t.same([row["tries"] for row in run.data["urls"]], [2])


@crawl
def four_tries_by_default(t):
    """A URL is tried four times unless told otherwise."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/close-before" % farm, code=1)
    t.same([row["tries"] for row in run.data["urls"]], [4])


@main_crawl
def others_go_on_during_a_back_off(t):
    """Other workers go on while one waits for its next try."""
    pages = {"/": links("/a", "/b"), "/a": None, "/b": links("/c"),
             "/c": answer()}
    # Tries after 0.1, 0.3, 0.7 and 1.5 s: before the last, the others finish.
    with Canned(pages) as server:
        run = t.crawl(server, "%s/" % server, "--max-tries", 5, code=1)
        t.same(found(run, server), {"/": 200, "/a": CLOSED, "/b": 200,
                                    "/c": 200})
        order = [request.target for request in server.requests]
    t.same(order.count("/a"), 5)
    if t.concurrent:
        t.same(order[-1], "/a")
    else:  # the worker keeps its slot
        t.same(order, ["/", *["/a"] * 5, "/b", "/c"])


@main_crawl
def nobody_listens(t):
    """A refused connection is an error in its row."""
    url = "http://%s/" % t.nobody()
    run = t.crawl(None, url, "--max-tries", 3, "-v", code=1, err=[
        "%s connection refused, try 2 of 3" % url,  # without a pause
        "%s connection refused, try 3 of 3 in 200 ms" % url])
    t.same(run.rows[url]["error"], "connection refused")
    t.same(run.rows[url]["tries"], 3)


@crawl
def no_such_host(t):
    """A host that does not exist is an error in its row."""
    # ".invalid" does not exist at any name server (RFC 2606).
    run = t.crawl(None, "http://nobody.invalid/", "--max-tries", 1, code=1)
    [row] = run.data["urls"]
    t.assertIn(row["error"], ("no such host", "name look-up failed"))
    t.same(run.timing["connections"], 0)


# --- Answers that are wrong or odd -------------------------------------------

LENGTH = "malformed or conflicting Content-Length"
LONG = "headers exceed the limit of 64 KiB"
LARGE = "body exceeds the limit"

CHAOS = [  # kind, error in the row, tries of 2
    ("close-before", CLOSED, 2),
    ("close-in-headers", CLOSED, 2),
    ("close-in-body", CLOSED, 2),
    ("close-in-chunk", CLOSED, 2),
    ("chunks-without-last", CLOSED, 2),
    ("too-short", CLOSED, 2),
    ("reset", RESET, 2),
    ("reset-in-body", RESET, 2),
    ("endless-header", LONG, 1),
    ("endless-line", LONG, 1),
    ("endless-body", LARGE, 1),
    ("endless-chunks", LARGE, 1),
    ("1xx-storm", "too many interim (1xx) responses", 1),
    ("bad-chunk-size", "malformed chunk", 1),
    ("minus-chunk-size", "malformed chunk", 1),
    ("huge-chunk-size", LARGE, 1),
    ("chunk-without-end", "malformed chunk", 1),
    ("garbage", "malformed status line", 1),
    ("status-0", "malformed status line", 1),
    ("no-colon", "malformed header", 1),
    ("nul", "malformed header", 1),
    ("two-lengths", LENGTH, 1),
    ("bad-length", LENGTH, 1),
    ("minus-length", LENGTH, 1),
    ("big-header", LONG, 1),
    ("transfer-gzip", "unsupported Transfer-Encoding", 1),
    ("content-gzip", "unsupported Content-Encoding", 1),
    ("redirect-nowhere", (302, None, None, 0), 1),
    ("redirect-junk", "redirect without a usable Location", 1),
    ("too-long", FINE, 1),
    ("1xx", FINE, 1),
    ("same-lengths", FINE, 1),
    ("stay", FINE, 1),
    ("half-close", FINE, 1),
    ("chunked", FINE, 1),
    ("until-close", FINE, 1),
    ("byte-by-byte", FINE, 1),
    ("full-header", (200, "text/plain", "utf-8", 0), 1),
    ("no-body-204", (204, None, None, 0), 1),
    ("no-body-304", (304, None, None, 0), 1),
    ("first/1/token", FINE, 2),
    ("no-such-kind", (404, "text/plain", "utf-8", 24), 1),
]


# These kinds send no status; all others do.
WITHOUT_STATUS = ("close-before", "reset", "garbage", "status-0", "1xx-storm")


@each(CHAOS, crawl)
def chaos(t, kind, expected, tries):
    """A server that misbehaves is reported, or borne if the answer is only
    odd."""
    farm = t.farm()
    failed = isinstance(expected, str)
    run = t.crawl(farm, "%s/chaos/%s" % (farm, kind), "--max-tries", 2,
                  "--max-body", 100000, code=1 if failed else 0)
    [row] = run.data["urls"]
    if failed:
        t.same(row["error"], expected)
        t.same(row["status"], None if kind in WITHOUT_STATUS
               else 302 if kind == "redirect-junk" else 200)
    else:
        t.same((row["status"], row["content_type"], row["encoding"],
                row["size"]), expected)
    t.same(row["tries"], tries)
    t.assertLess(run.timing["wall_s"], 10)  # not by the time-out


@main_crawl
def all_chaos_at_once(t):
    """All misbehaviour at once does no harm to the other pages."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/" % farm, "--max-tries", 2, "--max-tasks",
                  50, "--max-redirect", 3, code=1)
    rows = found(run, farm)
    index = run.rows["%s/chaos/" % farm]
    t.same((index["status"], index["content_type"]), (200, "text/html"))
    linked = dict.fromkeys(re.findall(
        r'<a href="([^"]*)"', farm.get("/chaos/").decode()))
    t.same(index["num_urls"], len(linked))
    table = {"/chaos/" + kind: expected if isinstance(expected, str)
             else expected[0] for kind, expected, _ in CHAOS}
    table["/chaos/redirect-control"] = 302
    table["/chaos/control-links"] = 200
    table["/chaos/redirect-loop"] = 302
    table["/chaos/growing-query"] = 302
    table["/chaos/noisy-location"] = 302
    table["/chaos/noisy-links"] = 200
    table["/chaos/many-hosts"] = 200
    table["/chaos/tiny-chunks"] = 200
    table["/chaos/first/2/index"] = CLOSED
    for kind in linked:  # finds a kind that CHAOS does not have
        t.same(rows["/chaos/" + kind], table["/chaos/" + kind], kind)
    t.assertIn("/chaos/redirect-loop/3", rows)
    t.assertNotIn("/chaos/redirect-loop/4", rows)


@main_crawl
def a_query_that_grows(t):
    """A redirect whose URL grows comes to an end."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/growing-query" % farm, "--max-redirect", 50,
                  code=1)
    rows = run.data["urls"]
    # 3, 6, 12... letters, until the URL is too long, which is reported.
    t.same(len(rows), 13)
    lengths = sorted(len(row["url"].partition("?")[2]) for row in rows)
    t.same(lengths, [0] + [3 * 2 ** i for i in range(12)])
    t.same([row["error"] for row in rows if row["error"]],
           ["redirect without a usable Location"])


@main_crawl
def noise_in_links(t):
    """Bytes that may not be in a request are escaped."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/noisy-links" % farm,
                  "%s/chaos/noisy-location" % farm)
    rows = found(run, farm)
    noisy = [url for url in rows if "gone" in url]
    t.assertGreater(len(noisy), 200)
    for url in noisy:  # the URL that was requested
        t.assertRegex(url, r"^/chaos/[!-~]*$")
        t.same(rows[url], 404, url)


@main_crawl
def a_hundred_thousand_links(t):
    """A page with a hundred thousand links is read."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/many-links" % farm, "--max-pages", 1)
    [row] = run.data["urls"]
    t.same((row["num_urls"], row["num_new_urls"]), (100000, 100000))
    t.same(farm.connections, 1)


@main_crawl
def five_thousand_hosts(t):
    """Links to other hosts are counted and not followed."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/many-hosts" % farm)
    [row] = run.data["urls"]
    t.same((row["status"], row["num_urls"]), (200, 0))
    t.same(run.counters["skipped_off_host"], 5000)


@main_crawl
def a_million_chunks(t):
    """A body in a million chunks is read."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/tiny-chunks" % farm)
    [row] = run.data["urls"]
    t.same((row["status"], row["size"]), (200, 1000000))


@each([("never",), ("drip",)], main_crawl)
def time_out(t, kind):
    """--timeout limits a whole try: one byte now and then does not extend
    it."""
    farm = t.farm("--pace", "0.1")  # a byte each 100 ms
    run = t.crawl(farm, "%s/chaos/%s" % (farm, kind), "--timeout", 0.35,
                  "--max-tries", 2, code=1)
    [row] = run.data["urls"]
    t.same((row["error"], row["tries"]), ("timed out", 2))
    t.assertGreater(run.timing["wall_s"], 0.35 * 2 + 0.1)
    t.assertLess(run.timing["wall_s"], 10)  # not by the default


# There is always something to read, so the crawler never waits.
@main_crawl
def time_out_of_a_sender_without_end(t):
    """--timeout ends a body that never ends, although there is always
    something to read."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/endless-body" % farm, "--timeout", 0.1,
                  "--max-tries", 1, "--max-body", 10**11, code=1)
    t.same([row["error"] for row in run.data["urls"]], ["timed out"])
    t.assertLess(run.timing["wall_s"], 10)  # not by the default


@main_crawl
def time_out_of_a_connect(t):
    """--timeout limits the connect, too."""
    # On Linux, a server with a full queue does not answer a SYN.
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        time.sleep(0.05)
        try:
            with socket.socket() as probe:
                probe.settimeout(0.2)
                probe.connect(("127.0.0.1", port))
            t.skipTest("the queue does not fill up here")
        except OSError:
            pass
        run = t.crawl(None, "127.0.0.1:%d" % port, "--timeout", 0.4,
                      "--max-tries", 1, code=1)
        for filler in fillers:
            filler.close()
    t.same([row["error"] for row in run.data["urls"]], ["timed out"])
    t.assertGreater(run.timing["wall_s"], 0.4)
    t.assertLess(run.timing["wall_s"], 10)  # not by the default


@main_crawl
def time_outs_beside_answers(t):
    """Pages that time out do not keep others from theirs."""
    farm = t.farm("--pace", "0.1")
    with Canned({"/": links("%s/chaos/never" % farm, "/a",
                            "%s/chaos/drip" % farm, "/b", "/c"),
                 "/a": answer(), "/b": answer(), "/c": answer()}) as server:
        run = t.crawl(None, "%s/" % server, "--timeout", PATIENCE,
                      "--max-tries", 1, "--max-tasks", 3, code=1)
        rows = found(run, server)
    t.same(rows, {"/": 200, "/a": 200, "/b": 200, "/c": 200,
                  "%s/chaos/never" % farm: "timed out",
                  "%s/chaos/drip" % farm: "timed out"})


@each([("stay", 4), ("chunked", 4), ("until-close", 4), ("byte-by-byte", 4),
       ("full-header", 0)], crawl)
def max_body(t, kind, size):
    """A body of --max-body is taken, one byte more is an error."""
    farm = t.farm("--pace", "0.1")
    url = "%s/chaos/%s" % (farm, kind)
    run = t.crawl(None, url, "--max-body", size)
    t.same(run.rows[url]["size"], size)
    if size:
        run = t.crawl(None, url, "--max-body", size - 1, code=1)
        t.same((run.rows[url]["error"], run.rows[url]["tries"]), (LARGE, 1))


HEAD = b"HTTP/1.1 200 So\r\nContent-Type: text/html\r\n"
A = b'<a href="/a">a</a>'

LENIENT = [  # what real servers send, and every client reads
    ("folds", HEAD + b"X: a\r\n b\r\n\tc\r\nContent-Length:\r\n 18\r\n\r\n"
     + A),
    ("folds in trailers", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
     b"12\r\n" + A + b"\r\n0\r\nX: a\r\n b\r\n\r\n"),
    ("folds in 103", b"HTTP/1.1 103 So\r\nLink: a,\r\n b\r\n\r\n" + HEAD
     + b"\r\n" + A),
    ("an empty coding", HEAD + b"Transfer-Encoding: , chunked\r\n\r\n"
     b"12\r\n" + A + b"\r\n0\r\n\r\n"),
    ("an empty length", HEAD + b"Content-Length: 18,\r\n\r\n" + A),
    ("identity", HEAD + b"Transfer-Encoding: identity\r\n"
     b"Content-Encoding: identity, identity,\r\n\r\n" + A),
    ("none", HEAD + b"Content-Encoding: none\r\n\r\n" + A),
    ("blanks", HEAD.replace(b" ", b"  ", 1) + b"My Server : x\r\n"
     b"Transfer-Encoding : chunked\r\n\r\n12  \r\n" + A + b"\r\n0 \r\n\r\n"),
    ("no name", HEAD + b":status: 404\r\nContent-Length: 18\r\n\r\n" + A),
]


@each(LENIENT, crawl)
def reads(t, about, page):
    """A response that a recipient must accept is read."""
    with Canned({"/": page, "/a": answer()}) as server:
        run = t.crawl(server, "%s/" % server)
        t.same(found(run, server), {"/": 200, "/a": 200})
        t.same(run.rows["%s/" % server]["size"], 18)


STRICT = [
    ("a fold behind the status line", b"HTTP/1.1 200 So\r\n X: a\r\n\r\n",
     "malformed header"),
    ("a fold that joins two lengths",
     HEAD + b"Content-Length: 1\r\n 8\r\n\r\n" + A, LENGTH),
    ("a page among the headers", HEAD + A + b"\r\n<p>Moo: yes\r\n\r\n",
     "malformed header"),
]


@each(STRICT, crawl)
def refuses(t, about, page, error):
    """A response that could hide data is refused."""
    with Canned({"/": page}) as server:
        run = t.crawl(server, "%s/" % server, code=1)
        t.same(found(run, server), {"/": error})
        t.same(run.rows["%s/" % server]["status"], 200)


def moved_with(headers, body):
    return (b"HTTP/1.1 301 So\r\nLocation: /a\r\n" + headers + b"\r\n" + body)


UNREAD = [
    ("gzipped", moved_with(b"Content-Encoding: gzip\r\n", b"\x1f\x8b"), 2),
    ("too long", moved_with(b"Content-Length: 2000\r\n", b"M" * 2000), None),
    ("cut off", moved_with(b"Content-Length: 9\r\n", b"Moo!"), None),
    ("in an unknown coding", moved_with(b"Transfer-Encoding: x\r\n", b"M"),
     None),
    ("in bad chunks", moved_with(b"Transfer-Encoding: chunked\r\n", b"x\r\n"),
     None),
    ("of two lengths", moved_with(b"Content-Length: 1\r\n"
                                  b"Content-Length: 2\r\n", b"xx"), None),
]


@each(UNREAD, crawl)
def a_redirect_with_a_body(t, about, page, size):
    """The body of a redirect decides nothing."""
    with Canned({"/": page, "/a": answer()}) as server:
        run = t.crawl(server, "%s/" % server, "--max-body", 1000)
        t.same(found(run, server), {"/": 301, "/a": 200})
        t.same(run.rows["%s/" % server]["size"], size)


@crawl
def bodies_that_nobody_reads(t):
    """A body that is not read decides nothing."""
    pages = {"/": links("/404", "/503", "/tar", "/page", "/text"),
             "/404": answer("M" * 2000, 404),
             "/503": answer("Moo!", 503)[:-1],
             "/tar": answer("M" * 9, type="application/x-tar",
                            headers=["Content-Encoding: x-gzip"]),
             "/page": answer("M" * 9, headers=["Content-Encoding: x-gzip"]),
             "/text": answer("M" * 2000, type="text/plain")}
    with Canned(pages) as server:
        run = t.crawl(server, "%s/" % server, "--max-body", 1000, code=1)
    def row(path):
        row = run.rows["%s%s" % (server, path)]
        return row["status"], row["error"], row["size"], row["tries"]
    t.same(row("/404"), (404, None, None, 1))
    t.same(row("/503"), (503, None, None, 1))
    t.same(row("/tar"), (200, None, 9, 1))
    t.same(row("/page"), (200, "unsupported Content-Encoding", None, 1))
    t.same(row("/text"), (200, LARGE, None, 1))


@crawl
def our_own_request(t):
    """A socket that is connected to itself is tried again."""
    def echo(request):
        if len(server.requests) < 3:
            return request.raw
        return answer()
    with Canned({"/": echo}) as server:
        url = "%s/" % server
        run = t.crawl(server, url)
        t.same((run.rows[url]["status"], run.rows[url]["tries"]), (200, 3))
        server.requests.clear()
        run = t.crawl(None, url, "--max-tries", 2, code=1)
        t.same((run.rows[url]["status"], run.rows[url]["error"]),
               (None, "connection refused"))


@main_crawl
def a_redirect_that_drips(t):
    """A redirect whose body drips is followed when the time is up."""
    with Canned({"/": [moved_with(b"", b"M")] + [b"M"] * 500,
                 "/a": answer()}) as server:
        run = t.crawl(server, "%s/" % server, "--timeout", 1 * SLOW)
        t.same(found(run, server), {"/": 301, "/a": 200})
        t.same(run.counters["retries"], 0)


@crawl
def max_body_by_default(t):
    """A body of 16 MiB is taken."""
    large = b"Moo!" * (4 << 20)  # 16 MiB
    with Canned({"/a": answer(large), "/b": answer(large + b"!")}) as server:
        run = t.crawl(server, "%s/a" % server, "%s/b" % server, code=1)
    t.same(run.rows["%s/a" % server]["size"], len(large))
    t.same(run.rows["%s/b" % server]["error"], LARGE)


@crawl
def any_split(t):
    """A response is read in any pieces in which it arrives."""
    page = links("/a", "/b")
    pages = {"/": [page[i:i + 7] for i in range(0, len(page), 7)],
             "/a": answer(), "/b": answer()}
    with Canned(pages) as server:
        run = t.crawl(server, "%s/" % server)
        t.same(found(run, server), {"/": 200, "/a": 200, "/b": 200})


# --- Which links are followed ------------------------------------------------


@crawl
def base_href(t):
    """Links are resolved against <base href>."""
    page = (b'<base href="/far/away/"><a href="a">a</a><a href="../b">b</a>'
            b'<base href="/ignored/"><a href="?q">q</a>')
    with Canned({"/": answer(page)}) as server:
        run = t.crawl(server, "%s/" % server)
        t.same(set(found(run, server)),
               {"/", "/far/away/a", "/far/b", "/far/away/?q"})


TYPES = [
    ("html", "text/html", "utf-8", True),
    ("html with charset", 'Text/HTML; x=y; Charset="ISO-8859-1"',
     "ISO-8859-1", True),
    ("xhtml", "application/xhtml+xml", "utf-8", True),
    ("xml", "application/xml;charset=koi8-r", "koi8-r", True),
    ("text xml", "text/xml", "utf-8", False),
    ("an image", "image/png", None, False),
    ("a strange one", "x-cow/moo+milk; charset=grass", "grass", False),
    ("none", None, None, False),
]


@each(TYPES, crawl)
def links_in(t, about, type, charset, followed):
    """The type of a page decides whether its links are followed."""
    with Canned({"/": links("/a", type=type), "/a": answer()}) as server:
        run = t.crawl(server, "%s/" % server)
        root = run.rows["%s/" % server]
        t.same("%s/a" % server in run.rows, followed)
    t.same(root["encoding"], charset)
    t.same(root["num_urls"], 1 if followed else None)
    t.same(root["content_type"], type and type.partition(";")[0].strip())


@crawl
def letters_beyond_ascii(t):
    """Letters beyond ASCII are sent as UTF-8 in a path, and in a query in the
    page's charset."""
    latin = b'<a href="caf\xe9?caf\xe9">1</a><a href="&eacute;?&eacute;">2</a>'
    with Canned({
            "/": links("/latin", "/meta", "/utf8", "/xml"),
            "/latin": answer(latin, type="text/html; charset=ISO-8859-1"),
            "/meta": answer(b"<meta charset=windows-1252>"
                            b'<a href="meta\x80">3</a>'),
            "/utf8": answer('<a href="utf\xe9?\xe9">4</a>'),
            "/xml": answer(b"<?xml version='1.0' encoding='iso-8859-1'?>"
                           b"<a href='xml\xe9'/>", type="application/xml"),
            }) as server:
        run = t.crawl(server, "%s/" % server)
        t.same(run.rows["%s/latin" % server]["encoding"], "ISO-8859-1")
        t.same(set(server.targets()), {
            "/", "/latin", "/meta", "/utf8", "/xml", "/caf%C3%A9?caf%E9",
            "/%C3%A9?%E9", "/meta%E2%82%AC", "/utf%C3%A9?%C3%A9",
            "/xml%C3%A9"})


@crawl
def pages_that_cannot_be_read(t):
    """A page that cannot be read is an error, not a page without links."""
    text = '<a href="/a">a</a>'
    with Canned({
            "/": links("/label", "/le", "/be", "/plain", "/404"),
            "/label": answer(text, type="text/html; charset=utf-16"),
            "/le": answer(b"\xff\xfe" + text.encode("utf-16-le")),
            "/be": answer(text.encode("utf-16-be")),
            "/plain": answer(text.encode("utf-16"), type="text/plain"),
            "/404": answer(text.encode("utf-16"), 404)}) as server:
        run = t.crawl(server, "%s/" % server, code=1)
        t.same(found(run, server), {
            "/": 200, "/label": "unsupported charset",
            "/le": "unsupported charset", "/be": "unsupported charset",
            "/plain": 200, "/404": 404})
        t.same({run.rows["%s/%s" % (server, name)]["status"]
                for name in ("label", "le", "be")}, {200})


@crawl
def references_as_browsers_read_them(t):
    """Links are read as browsers read them."""
    with Canned({"/d/": links("..\\a", "http:/b", "http:c", "\\d",
                              "?a=1&copy=2", "e&copy;")}) as server:
        server.pages["/d/f"] = links("///127.0.0.1:%d/g" % server.port)
        t.crawl(server, "%s/d/" % server, "%s/d/f" % server)
        t.same(set(server.targets()), {
            "/d/", "/d/f", "/a", "/b", "/d/c", "/d", "/d/?a=1&copy=2",
            "/d/e%C2%A9", "/g"})


@crawl
def only_pages_that_are_fine_have_links(t):
    """Links count on pages with status 200 and a type of HTML or XML."""
    with Canned({"/": links("/a", "/b"), "/a": links("/c", status=404),
                 "/b": links("/c", status=503)}) as server:
        run = t.crawl(server, "%s/" % server)
        t.same(found(run, server), {"/": 200, "/a": 404, "/b": 503})


@crawl
def cycle_of_links(t):
    """Pages that link to each other are fetched once each."""
    with Canned({"/": links("/a", "/", "#x", "/a#y", "/a"),
                 "/a": links("/b", "/"), "/b": links("/a")}) as server:
        run = t.crawl(server, "%s/#z" % server)
        t.same(server.targets(), ["/", "/a", "/b"])
        t.same([row["num_urls"] for row in run.data["urls"]], [2, 2, 1])
        t.same([row["num_new_urls"] for row in run.data["urls"]], [1, 1, 0])


@crawl
def schemes(t):
    """Links of other schemes are counted and not followed."""
    with Canned({"/a": answer()}) as server:
        server.pages["/"] = links(
            "ftp://127.0.0.1/", "https://127.0.0.1/", "mailto:cow@farm",
            "javascript:moo()", "data:,",
            "HTTP://127.0.0.1:%d/a" % server.port)
        run = t.crawl(server, "%s/" % server)
        root = run.rows["%s/" % server]
        t.same(root["num_urls"], 1, server.targets())
        t.same(server.targets(), ["/", "/a"])
    t.same(run.counters["skipped_not_http"], 5)


@crawl
def max_pages(t):
    """--max-pages limits how many are fetched."""
    farm = t.farm("--pace", "0.1")
    run = t.crawl(farm, "--max-pages", 5, "%s/site/" % farm)
    t.same(run.counters["urls"], 5)
    t.same(run.timing["connections"], 5)


@crawl
def exclude(t):
    """--exclude leaves out the URLs that match."""
    with Canned({"/": links("/a", "/b1", "/b22", "/c"), "/a": redirect("/b3"),
                 "/c": answer()}) as server:
        run = t.crawl(server, "--exclude", "/b[0-9]+$", "%s/" % server)
        t.same(found(run, server), {"/": 200, "/a": 302, "/c": 200})
        t.same(run.rows["%s/" % server]["num_urls"], 2)
    t.same(run.counters["skipped_excluded"], 3)


@crawl
def exclude_no_regex(t):
    """--exclude wants a regular expression."""
    run = t.finish(t.start("crawl", "--exclude", "(", "127.0.0.1:1"), code=2,
                   err=None)
    # The reason is in the words of libc.
    t.assertRegex(run.err, r"^crawl: --exclude \(: .+\n$")


# --- Redirects ---------------------------------------------------------------


@crawl
def redirect_statuses(t):
    """301, 302, 303, 307 and 308 are followed, other statuses are not."""
    statuses = (301, 302, 303, 307, 308)
    pages = {"/%d" % status: redirect("/to%d" % status, status)
             for status in (*statuses, 300, 304, 305)}
    pages["/"] = links(*pages)
    with Canned(pages) as server:
        run = t.crawl(server, "%s/" % server)
        for status in statuses:
            row = run.rows["%s/%d" % (server, status)]
            t.same((row["status"], row["next_url"], row["error"]),
                   (status, "%s/to%d" % (server, status), None))
        t.same([target for target in server.targets() if "to" in target],
               ["/to%d" % status for status in statuses])
        t.same(run.rows["%s/305" % server]["next_url"], None)


CHAIN = {"/1": redirect("/2"), "/2": redirect("a/3"),
         "/a/3": redirect("?4"), "/a/3?4": redirect("../5#x"),
         "/5": answer()}
STEPS = [("/1", "/2"), ("/2", "/a/3"), ("/a/3", "/a/3?4"), ("/a/3?4", "/5"),
         ("/5", None)]


def steps(run, server):
    """The pages of a chain, in the order of the chain."""
    pairs = {short(url, server): short(row["next_url"], server)
             for url, row in run.rows.items()}
    return [(url, pairs[url]) for url in list(CHAIN) if url in pairs]


@main_crawl
def redirect_chain(t):
    """A chain of redirects is followed to its end."""
    with Canned(CHAIN) as server:
        run = t.crawl(server, "%s/1" % server)
        t.same(steps(run, server), STEPS)


@each([("0", 0), ("1", 1), ("3", 3), ("4", 4)], crawl)
def max_redirect(t, about, most):
    """--max-redirect limits a chain, and the row keeps the target that was not
    followed."""
    with Canned(CHAIN) as server:
        run = t.crawl(server, "%s/1" % server, "--max-redirect", most)
        t.same(steps(run, server), STEPS[:most + 1])


@crawl
def redirect_chain_from_its_middle(t):
    """A page in the middle of a chain that has a link, too, starts a chain of
    its own."""
    pages = {**CHAIN, "/": links("/1", "/2")}
    with Canned(pages) as server:
        run = t.crawl(server, "%s/" % server, "--max-redirect", 1)
        t.same(steps(run, server), STEPS[:3])


@main_crawl
def redirect_cycle(t):
    """A cycle of redirects ends."""
    with Canned({"/": redirect("/a"), "/a": redirect("/b"),
                 "/b": redirect("/a"), "/self": redirect("/self")}) as server:
        run = t.crawl(server, "%s/" % server, "%s/self" % server)
        t.same(server.targets(), ["/", "/a", "/b", "/self"])
        t.same(found(run, server), dict.fromkeys(server.targets(), 302))


@crawl
def redirects_that_join(t):
    """Two redirects to one page fetch it once."""
    with Canned({"/": links("/a", "/b"), "/a": redirect("/c"),
                 "/b": redirect("/c", 308), "/c": answer()}) as server:
        t.crawl(server, "%s/" % server)
        t.same(server.targets(), ["/", "/a", "/b", "/c"])


@crawl
def redirect_off_site(t):
    """A redirect to another host is not followed."""
    away = "http://other.example/moo"
    with Canned({"/": links("/a", "/b"), "/a": redirect(away),
                 "/b": redirect("ftp://127.0.0.1/")}) as server:
        run = t.crawl(server, "%s/" % server)
        t.same(run.rows["%s/a" % server]["next_url"], away)
        t.same(run.rows["%s/b" % server]["next_url"], "ftp://127.0.0.1/")
    t.same(run.counters["skipped_off_host"], 1)
    t.same(run.counters["skipped_not_http"], 1)


# --- Hosts -------------------------------------------------------------------

HOSTS = ["example.test", "www.example.test", "foo.example.test",
         "www.foo.example.test", "badexample.test", "test"]

RULES = [
    ("strict by default", [], "example.test", HOSTS[:2]),
    ("strict", ["--lenient", "--strict"], "example.test", HOSTS[:2]),
    ("strict from www", ["--strict"], "www.example.test", HOSTS[:2]),
    ("strict from foo", [], "foo.example.test", HOSTS[2:4]),
    ("lenient", ["--lenient"], "example.test", HOSTS[:4]),
    ("lenient from foo", ["--lenient"], "foo.example.test", HOSTS[:4]),
    ("lenient from bad", ["--lenient"], "badexample.test", HOSTS[4:5]),
]


@each(RULES, crawl)
def hosts(t, about, options, root, expected):
    """--strict and --lenient decide which hosts belong to the site."""
    with Canned({}) as server:
        port = server.port
        server.pages["/"] = links(*["http://%s:%d/page" % (host, port)
                                    for host in HOSTS])
        server.pages["/page"] = answer()
        resolve = []
        for host in HOSTS:
            resolve += ["--resolve", "%s:%d:127.0.0.1" % (host, port)]
        run = t.crawl(server, *options, *resolve,
                      "http://%s:%d/" % (root.upper(), port))
        t.same(sorted(request.host for request in server.requests),
               sorted("%s:%d" % (host, port) for host in [root, *expected]))
    t.same(run.rows["http://%s:%d/" % (root, port)]["num_urls"],
           len(expected))
    t.same(run.counters["skipped_off_host"], len(HOSTS) - len(expected))


@crawl
def addresses_match_only_themselves(t):
    """An IP address matches only itself."""
    hosts = ["127.0.0.2", "www.127.0.0.1", "0.0.1", "localhost", "[::1]"]
    with Canned({}) as server:
        server.pages["/"] = links(*["http://%s:%d/" % (host, server.port)
                                    for host in hosts])
        run = t.crawl(server, "--lenient", "%s/" % server)
        t.same(list(run.rows), ["%s/" % server])


@crawl
def ports_are_not_hosts(t):
    """Another port is the same host."""
    with Canned({"/": answer()}) as other, Canned({}) as server:
        server.pages["/"] = links("%s/" % other)
        run = t.crawl(None, "%s/" % server)
        t.same(run.rows["%s/" % other]["status"], 200)
        t.same(other.requests[0].host, "127.0.0.1:%d" % other.port)


@crawl
def ipv6(t):
    """A URL may have an IPv6 address."""
    try:
        server = Canned({"/": links("/a"), "/a": answer()}, host="::1")
    except OSError:
        t.skipTest("no IPv6 here")
    with server:
        run = t.crawl(server, "http://[0:0:0::1]:%d" % server.port)
        t.same(found(run, server), {"/": 200, "/a": 200})
        t.same({request.host for request in server.requests},
               {"[::1]:%d" % server.port})


@crawl
def resolve_to_ipv6(t):
    """--resolve takes an IPv6 address."""
    try:
        server = Canned({"/": answer()}, host="::1")
    except OSError:
        t.skipTest("no IPv6 here")
    with server:
        url = "http://cow.test:%d/" % server.port
        run = t.crawl(server, "--resolve=Cow.test:%d:[::1]" % server.port, url)
        t.same(run.rows[url]["status"], 200)


@crawl
def resolve_an_address(t):
    """--resolve takes an address as the host, in any spelling."""
    with Canned({"/": answer()}) as server:
        url = "http://[::2]:%d/" % server.port
        run = t.crawl(server, "--resolve", "[0:0::2]:%d:127.0.0.1"
                      % server.port, "http://[0::2]:%d" % server.port)
        t.same(run.rows[url]["status"], 200)


@crawl
def resolve_goes_by_port(t):
    """--resolve is for one port."""
    with Canned({"/": answer()}) as server:
        # At the other port the rule does not apply: the host stays unknown.
        url = "http://nobody.invalid:%d/" % server.port
        run = t.crawl(server, "--resolve",
                      "nobody.invalid:%d:127.0.0.1" % server.port, url)
        t.same(run.rows[url]["status"], 200)


@each([(rule,) for rule in (
    "x", "x:80", "x:80:", ":80:127.0.0.1", "x:0:127.0.0.1",
    "x:65536:127.0.0.1", "x:a:127.0.0.1", "x:80:localhost", "x:80:1.2.3",
    "x::127.0.0.1", "x:80:127.0.0.1 ", "x:80:[::1", "x:80:[::1]x",
    "x:+80:127.0.0.1", "x y:80:127.0.0.1", "1.2.3:80:127.0.0.1",
    "*:80:127.0.0.1", "me@x:80:127.0.0.1")], crawl)
def resolve_nonsense(t, rule):
    """--resolve wants HOST:PORT:ADDRESS."""
    t.finish(t.start("crawl", "127.0.0.1:1", "--resolve", rule), code=2,
             err="crawl: --resolve %s: not HOST:PORT:ADDRESS with a numeric "
             "address" % rule)


def tries_of_localhost(t, port):
    """The number of tries to reach 127.0.0.1 without a remembered address."""
    addresses = t.addresses_of_localhost(port)
    if addresses[:1] == ["127.0.0.1"] or "127.0.0.1" not in addresses:
        t.skipTest("localhost is not [::1] and then 127.0.0.1 here")
    return addresses.index("127.0.0.1") + 1


@main_crawl
def addresses_take_turns(t):
    """A host with two addresses is tried at the next address."""
    with Canned({"/": answer()}) as server:
        tries = tries_of_localhost(t, server.port)
        url = "http://localhost:%d/" % server.port
        run = t.crawl(None, url)
        t.same(server.connections, 1)
        t.same(server.faults, [])
    t.same((run.rows[url]["status"], run.rows[url]["tries"]), (200, tries))


@main_crawl
def only_the_first_page_finds_out(t):
    """Only the first page pays for an address that does not answer."""
    pages = {"/%d" % i: answer() for i in range(30)}
    with Canned({"/": links(*pages), **pages}) as server:
        tries = tries_of_localhost(t, server.port)
        run = t.crawl(None, "http://localhost:%d/" % server.port)
        t.same(server.connections, 31)
    t.same([row["tries"] for row in run.data["urls"]], [tries] + [1] * 30)


# --- Roots -------------------------------------------------------------------


@crawl
def several_roots(t):
    """There may be several roots; a junk root is named and ignored."""
    with Canned({"/a": links("/b"), "/b": answer()}) as server:
        run = t.crawl(
            server, "%s/a" % server, "https://127.0.0.1/", "%s/b" % server,
            "http://", "127.0.0.1:%d/a#again" % server.port, err=[
                "crawl: https://127.0.0.1/ ignored: only http is supported",
                "crawl: http:// ignored: not a URL"])
        t.same(server.targets(), ["/a", "/b"])
    t.same(run.counters["errors"], 0)


@crawl
def hosts_of_all_roots(t):
    """The hosts of all roots belong to the site."""
    with Canned({}) as server:
        port = server.port
        names = ["a.test", "b.test"]
        server.pages["/"] = links("http://b.test:%d/x" % port,
                                  "http://a.test:%d/x" % port,
                                  "http://c.test:%d/x" % port)
        run = t.crawl(server, *["http://%s:%d/" % (name, port)
                                for name in names],
                      *["--resolve=%s:%d:127.0.0.1" % (name, port)
                        for name in names])
    t.same(run.counters["urls"], 4)


@crawl
def root_without_scheme(t):
    """A root needs no scheme."""
    with Canned({"/a/b?c": links("d", "#e"), "/a/d": answer()}) as server:
        run = t.crawl(server, "127.0.0.1:%d/a/b?c#d" % server.port)
        t.same(found(run, server), {"/a/b?c": 200, "/a/d": 200})


NO_ROOT = [
    ("none", []),
    ("empty", [("", "not a URL")]),
    ("ftp", [("ftp://127.0.0.1/", "only http is supported")]),
    ("mailto", [("mailto:cow@farm", "only http is supported")]),
    ("bad port", [("127.0.0.1:99999", "not a URL")]),
    ("bad address", [("http://1.2.3.256/", "not a URL")]),
    ("blanks", [("http://a b/", "not a URL")]),
    ("half an IPv6 address", [("http://[::1/", "not a URL")]),
    ("escapes", [("http://\x1b[31m/", "not a URL")]),
    ("two", [("https://127.0.0.1", "only http is supported"),
             ("http:///x", "not a URL")]),
]


@each(NO_ROOT, crawl)
def no_root_left(t, about, roots):
    """Without a root that makes sense the exit code is 2."""
    child = t.start("crawl", *[root for root, _ in roots])
    run = t.finish(child, code=2, err=[
        *["crawl: %s ignored: %s" % (
            root.replace("\x1b", "\N{REPLACEMENT CHARACTER}"), why)
          for root, why in roots],
        "crawl: no URL to start from; see crawl --help"])
    t.same(run.out, b"")


# --- What is said ------------------------------------------------------------


@crawl
def verbose(t):
    """-v reports each new try on stderr."""
    farm = t.farm()
    url = "%s/chaos/first/2/a" % farm
    run = t.crawl(farm, url, "%s/chaos/stay" % farm, "-v", err=[
        "%s %s, try 2 of 4 in 100 ms" % (url, CLOSED),
        "%s %s, try 3 of 4 in 200 ms" % (url, CLOSED)])
    t.same(run.counters["retries"], 2)


@crawl
def very_verbose(t):
    """-vv reports each URL on stderr."""
    farm = t.farm()
    urls = ["%s/chaos/%s" % (farm, kind) for kind in (
        "close-before", "stay", "redirect-junk")]
    t.crawl(farm, *urls, "-vv", "--max-tries", 2, code=1, err=[
        "%s %s, try 2 of 2 in 100 ms" % (urls[0], CLOSED),
        "%s %s" % (urls[0], CLOSED),
        "%s 200" % urls[1],
        "%s 302 redirect without a usable Location" % urls[2]])


@crawl
def quiet(t):
    """-q prints nothing."""
    farm = t.farm()
    run = t.crawl(farm, "%s/chaos/close-before" % farm, "-q", "-vv",
                  "--max-tries", 2, code=1)
    t.same(run.counters["errors"], 1)


@crawl
def json_on_stdout(t):
    """--json - writes to stdout."""
    farm = t.farm()
    run = t.finish(t.start("crawl", "--json", "-", "-q",
                           "%s/chaos/stay" % farm))
    t.same(json.loads(run.out.decode())["counters"]["urls"], 1)


@crawl
def broken_links(t):
    """--broken reports each broken URL, with a page that links to it."""
    pages = {"/": links("/b", "/a", "/fine"), "/fine": answer(),
             "/a": links("/gone", "/wrong"), "/b": links("/gone", "/wrong"),
             "/gone": answer(status=410), "/wrong": b"Moo!\r\n\r\n"}
    with Canned(pages) as server:
        child = t.start("crawl", "%s/" % server, "--broken", "--json",
                        t.file("crawl.json"))
        run = t.finish(child, t.file("crawl.json"), code=1)
        t.same([row["linked_from"] for row in run.data["urls"]], [
            None if path is None else "%s%s" % (server, path)
            for path in (None, "/", "/", "/", "/a", "/a")])
        t.same(run.lines[:2], [
            "%s/gone 410 text/html 0 bytes linked from %s/a"
            % (server, server),
            "%s/wrong error malformed status line (1 try) linked from %s/a"
            % (server, server)])
        t.assertTrue(run.lines[2].startswith("Finished 6 urls"))


# --- Strangers ---------------------------------------------------------------

ESCAPE = b"\x1b]0;moo\x07\x9b\xff\x7f\0."


def harmless(t, run):
    t.same([line for line in run.lines
            if not line.isprintable()], [], "control characters on stdout")


@main_crawl
def control_bytes_in_links(t):
    """Control bytes in links reach neither a request nor a terminal."""
    with Canned({}) as server:
        server.pages["/"] = links(
            b"a" + ESCAPE, b"/b?" + ESCAPE, b"/c\r\nX-Evil: yes",
            b"d\r\n\r\nGET /evil", b"e&#10;&#13;&#0;&#27;&#155;&#x1b;.",
            b"f g", b"\xc3\xa4/\xff", b"http://127.0.0.1" + ESCAPE + b"/",
            b"ht\ttp://127.0.0.1:\r\n%d/h" % server.port)
        run = t.crawl(server, "%s/" % server)
        t.same(server.targets(), sorted([
            "/", "/a%1B%5D0;moo%07%9B%FF%7F%00.",
            "/b?%1B%5D0;moo%07%9B%FF%7F%00.", "/cX-Evil:%20yes",
            "/dGET%20/evil", "/e%EF%BF%BD%1B%E2%80%BA%1B.", "/f%20g",
            "/%C3%A4/%FF", "/h"]))
        t.same({request.host for request in server.requests},
               {"127.0.0.1:%d" % server.port})
    harmless(t, run)


@crawl
def control_bytes_in_headers(t):
    """Control bytes in headers reach neither a request nor a terminal."""
    moved = answer(status=302, type=b"x/" + ESCAPE.replace(b"\0", b""),
                   headers=[b"Location: /to" + ESCAPE.replace(b"\0", b"")])
    typed = answer("Moo!", type=b"text/plain\x1b[2J; charset=\x1b[31m\xff")
    page = links(type=b'text/html; charset="\x1b[31m\xff\xc2\x9b"')
    with Canned({"/": links("/m", "/t", "/p"), "/m": moved, "/t": typed,
                 "/p": page}) as server:
        run = t.crawl(server, "%s/" % server)
        t.same(run.rows["%s/m" % server]["next_url"],
               "%s/to%%1B%%5D0;moo%%07%%9B%%FF%%7F." % server)
        t.same(run.rows["%s/t" % server]["status"], 200)
        t.assertIn("/to%1B%5D0;moo%07%9B%FF%7F.", server.targets())
    harmless(t, run)


@crawl
def folded_headers_inject_nothing(t):
    """A folded header injects nothing."""
    # A fold is a blank, wherever it is.
    moved = answer(status=302, headers=[
        b"Location: /a\r\n \tHost: evil\r\n /b"])
    with Canned({"/": moved}) as server:
        run = t.crawl(server, "%s/" % server)
        t.same(found(run, server), {"/": 302, "/a%20Host:%20evil%20/b": 404})
        t.same({request.host for request in server.requests},
               {"127.0.0.1:%d" % server.port})


@crawl
def the_request(t):
    """The request has the expected bytes."""
    with Canned({"/a?b": answer()}) as server:
        t.crawl(server, "%s/a?b#c" % server)
        t.same([request.raw for request in server.requests], [
            b"GET /a?b HTTP/1.1\r\n"
            b"Host: 127.0.0.1:%d\r\n"
            b"User-Agent: six-ways-to-wait/1\r\n"
            b"Accept: */*\r\n"
            b"Accept-Encoding: identity\r\n"
            b"Connection: close\r\n\r\n" % server.port])


@crawl
def a_long_url(t):
    """A URL of 8,000 letters is fetched, a URL that is too long is not a
    link."""
    path = "/" + "m" * 8000
    pages = {"/": links(path, 30 * path), path: answer()}
    with Canned(pages) as server:
        run = t.crawl(server, "%s/" % server)
        t.same(server.targets(), ["/", path])
        t.same(run.rows["%s/" % server]["num_urls"], 1)


# --- Ctrl-C ------------------------------------------------------------------


@main_crawl
def ctrl_c_once(t):
    """After Ctrl-C no new page is fetched, fetches in flight end, and the
    report follows."""
    pages = {"/%d" % i: links("/x%d" % i) for i in range(30)}
    with Canned({"/": links(*pages), **pages}) as server:
        n = t.peak(4)
        root = server.pages["/"]
        server.pages["/"] = lambda request: server.hold() or root
        child = t.start_crawl("%s/" % server, "--max-tasks", 4)
        server.wait_for(lambda server: server.in_flight == n
                        and server.connections == n + 1)
        child.interrupt()
        server.release()
        run = t.finish_crawl(child, server, code=130)
        t.same(found(run, server), {"/": 200, **{
            "/%d" % i: 200 for i in range(n)}})
    t.same(run.counters["urls"], n + 1)


@main_crawl
def ctrl_c_then_time_outs(t):
    """After Ctrl-C a fetch in flight may still time out."""
    # A fetch in flight may time out, and is not tried again.
    farm = t.farm()
    url = "%s/chaos/never" % farm
    child = t.start_crawl(url, "--timeout", PATIENCE)
    farm.wait_for(in_flight=1)
    child.interrupt()
    run = t.finish_crawl(child, farm, code=130)
    t.same((run.rows[url]["error"], run.rows[url]["tries"]), ("timed out", 1))


@main_crawl
def ctrl_c_during_a_back_off(t):
    """Ctrl-C ends the wait for a new try."""
    with Canned({"/": None, "/a": answer()}) as server:
        child = t.start_crawl("%s/" % server, "--max-tasks", 1,
                              "--max-tries", 20, "%s/a" % server)
        # 100, 200, 400, 800, 1600 ms have passed; the next pause is 3.2 s.
        server.wait_for(lambda server: server.closed == 6)
        start = time.monotonic()
        time.sleep(0.1)
        child.interrupt()
        run = t.finish_crawl(child, server, code=130)
        t.assertLess(time.monotonic() - start, 3.2)
        t.same(found(run, server), {"/": CLOSED})
    t.same(run.data["urls"][0]["tries"], 6)


@crawl
def ctrl_c_while_others_are_idle(t):
    """Ctrl-C wakes the workers that have nothing to do."""
    # The workers wait for the links of the page in its back-off.
    with Canned({"/": None, "/a": answer()}) as server:
        child = t.start_crawl("%s/" % server, "%s/a" % server, "--max-tasks",
                              4, "--max-tries", 20, "-v")
        child.wait_for_line("try 4 of 20 in 400 ms")
        child.interrupt()
        run = t.finish_crawl(child, server, code=130, err=None)
        t.same(run.rows["%s/" % server]["error"], CLOSED)


@main_crawl
def ctrl_c_twice(t):
    """A second Ctrl-C ends the program at once."""
    with Canned({"/": answer()}) as server:
        server.hold()
        child = t.start_crawl("%s/" % server, "--timeout", 2 * LIMIT,
                              leaves_threads=True)
        server.wait_for(lambda server: server.in_flight == 1)
        child.interrupt()
        child.interrupt_and_end()
        t.finish(child, code=130)  # no answer has come, and no time-out
