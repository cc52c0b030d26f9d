#!/usr/bin/env python3
"""The program `animals -q` on Python's asyncio streams, or with --uvloop on
uvloop: a connection for each request, a pool of workers.

Parses only the status line of a response, and knows no retries and no
redirects: a higher cost than that of a stage does not come from doing more.
"""

import argparse
import asyncio
import resource
import sys
from urllib.parse import urlsplit

NAMES = ("cow pig sheep chicken bird duck dog cat frog horse turkey "
         "rooster").split()


async def fetch(host, port, target):
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
                     % (target.encode(), host.encode()))
        await writer.drain()
        response = await reader.read(-1)
    finally:
        writer.close()
    return int(response[9:12])


async def main(options):
    server = urlsplit(options.server)
    numbers = iter(range(options.count))
    failed = 0

    async def work():
        nonlocal failed
        for number in numbers:
            target = "/animals/%s?delay=%d" % (NAMES[number % 12],
                                               options.delay)
            try:
                async with asyncio.timeout(options.timeout) if hasattr(
                        asyncio, "timeout") else Patient():
                    failed += await fetch(server.hostname, server.port,
                                          target) != 200
            except (OSError, TimeoutError, ValueError) as error:
                failed += 1
                print("asyncio: %s" % error, file=sys.stderr)

    await asyncio.gather(*(work() for _ in range(
        min(options.max_tasks, options.count))))
    return 1 if failed else 0


class Patient:
    """In place of asyncio.timeout() in an old Python: no deadline."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return False


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--max-tasks", type=int, default=12)
    parser.add_argument("--delay", type=int, default=100)
    parser.add_argument("--timeout", type=float, default=10)
    parser.add_argument("-q", action="store_true")
    parser.add_argument("--uvloop", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if arguments.uvloop:
        import uvloop
        uvloop.install()
    sys.exit(asyncio.run(main(arguments)))
