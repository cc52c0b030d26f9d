#!/usr/bin/env python3
"""Which links would a browser find? Pages made of the hard parts of HTML, read
by a crawler and by html5lib, a parser by others.

    python3 tests/test_html5lib.py [PAGES [SEED]]

Skipped where html5lib is missing (Debian: python3-html5lib).
"""

import json
import os
import random
import subprocess
import sys
import unittest
import warnings

from canned import Canned, answer
from support import BUILD, ENVIRONMENT

try:
    import html5lib
    from html5lib import _tokenizer
except ImportError:
    html5lib = None

PIECES = """<!-- --> --!> <!--> <!---> -- -> <script> </script> <script
</script <style> </style> <title> </title> <textarea> </textarea> <xmp> </xmp>
<svg> </svg> <svg/> <math> </math> <foreignObject> </foreignObject> <desc>
</desc> <mi> </mi> <![CDATA[ ]]> <?php ?> <!DOCTYPE> <! </ </> > < " ' = / a
<p> <div> <iframe> </iframe> <noembed> </noembed> <noframes> </noframes>
<a|title=" <a|title=' <b|x=y| <plaintext> <scripts> </scrip> <!- <br/> <style/>
<script/> <g> <path/> <noscript> <template> </template>""".split()

# These end tags close an element around an <svg> that is still open: links.c
# documents that it does not know them. And html5lib is older than "</p>" in an
# <svg>.
OPEN = ("<svg>", "<math>")
CLOSES = ("</template>", "</mi>", "</desc>", "</foreignObject>")


def make_page(rnd, prefix):
    page = ""
    count = 0
    for _ in range(rnd.randint(2, 12)):
        if rnd.random() < 0.4:
            page += '<a href=%s%d>' % (prefix, count)
            count += 1
        piece = rnd.choice(PIECES).replace("|", " ")
        if piece in CLOSES and any(tag in page for tag in OPEN):
            continue
        page += piece
    return page + "<a href=%s%d>" % (prefix, count)


def links_of(page):
    """The hrefs of html5lib's tokens, in the states that its parser puts the
    tokenizer into."""
    found = set()
    iterate = _tokenizer.HTMLTokenizer.__iter__

    def listen(self):
        for token in iterate(self):
            if token["type"] in (3, 5) and "href" in token["data"]:
                found.add(token["data"]["href"])
            yield token

    _tokenizer.HTMLTokenizer.__iter__ = listen
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            html5lib.HTMLParser().parse(page)
    finally:
        _tokenizer.HTMLTokenizer.__iter__ = iterate
    return found


class Links(unittest.TestCase):
    pages = 300
    seed = 1

    def test_links(self):
        rnd = random.Random(self.seed)
        texts = {"/%d" % i: make_page(rnd, "/%d/" % i)
                 for i in range(self.pages)}
        pages = {path: answer(text) for path, text in texts.items()}
        crawl = os.path.join(BUILD, "01-blocking", "crawl")
        if not os.access(crawl, os.X_OK):
            self.skipTest("stage 1 is not built")
        with Canned(pages) as server:
            run = subprocess.run(
                [crawl, "-q", "--json", "-", *[server.url + path
                                               for path in pages]],
                stdout=subprocess.PIPE, env=ENVIRONMENT, timeout=600)
        found = {row["url"][len(server.url):]
                 for row in json.loads(run.stdout)["urls"]}
        for path, text in texts.items():
            mine = {url for url in found if url.startswith(path + "/")}
            self.assertEqual(mine, links_of(text), text)


if __name__ == "__main__":
    if html5lib is None:
        print("no html5lib for %s (Debian: python3-html5lib)" % sys.executable)
        print("0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    if len(sys.argv) > 1:
        Links.pages = int(sys.argv.pop(1))
    if len(sys.argv) > 1:
        Links.seed = int(sys.argv.pop(1))
    unittest.main()
