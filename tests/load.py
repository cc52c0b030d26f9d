#!/usr/bin/env python3
"""load.py CONNECTIONS REQUESTS PROGRAM [ARG...] - an echo server under load
(Linux): half of the clients are stopped in the middle of their requests (kill
-STOP) while the others make REQUESTS, and go on afterwards (-CONT). Each echo
is compared. PROGRAM prints its port as the last word of its first line, and
ends at Ctrl-C.
"""

import atexit
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time


def clients(port, connections, requests, size, report, go):
    """Opens all connections, and makes that many requests on them."""
    selector = selectors.DefaultSelector()
    idle = []
    for _ in range(connections):
        client = socket.socket()
        # So that a client that does not read soon makes the server wait.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.setblocking(False)
        idle.append(client)
    os.write(report, b"c")
    os.read(go, 1)
    begun = ended = 0
    while ended < requests:
        while idle and begun < requests:
            begun += 1
            text = b"%d." % begun
            text = (text * (size // len(text) + 1))[:size]
            selector.register(idle.pop(0), selectors.EVENT_READ |
                              selectors.EVENT_WRITE, [text, 0, b""])
        for key, ready in selector.select():
            client, request = key.fileobj, key.data
            text, sent, _ = request
            if ready & selectors.EVENT_WRITE:
                request[1] = sent = sent + client.send(text[sent:])
                if sent == len(text):
                    selector.modify(client, selectors.EVENT_READ, request)
            if ready & selectors.EVENT_READ:
                piece = client.recv(1 << 16)
                assert piece, "the server has closed a connection"
                request[2] += piece
            if len(request[2]) >= len(text):
                assert request[2] == text, "not what was sent"
                selector.unregister(client)
                idle.append(client)
                ended += 1
    os.write(report, b"d")
    signal.pause()


class Clients:
    """A process with half of the clients."""

    def __init__(self, *arguments):
        self.reports, report = os.pipe()
        go, self.go_end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                clients(*arguments, report, go)
            except BaseException as error:  # seen as the end of the reports
                print("load:", repr(error), file=sys.stderr)
            os._exit(1)
        os.close(report)
        os.close(go)

        atexit.register(self.end)

    def end(self):
        if self.pid != 0:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.pid = 0

    def go(self):
        os.write(self.go_end, b"g")

    def expect(self, letter):
        if os.read(self.reports, 1) != letter:
            sys.exit(1)


class Server:
    def __init__(self, words):
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE,
                                        text=True)
        self.port = int(self.process.stdout.readline().split()[-1])
        self.begin = time.monotonic()

    def read(self, name):
        with open("/proc/%d/%s" % (self.process.pid, name)) as file:
            return file.read()

    def note(self, text):
        times = self.read("stat").rsplit(")", 1)[1].split()[11:13]
        print("%6.2f s  %-42s %6s KiB  %5d descriptors  CPU %.2f s" % (
            time.monotonic() - self.begin, text,
            self.read("status").split("VmRSS:")[1].split()[0],
            len(os.listdir("/proc/%d/fd" % self.process.pid)),
            sum(map(int, times)) / os.sysconf("SC_CLK_TCK")), flush=True)


def main():
    half, requests = int(sys.argv[1]) // 2, int(sys.argv[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = Server(sys.argv[3:])
    try:
        return measure(server, half, requests)
    finally:
        server.process.kill()


def measure(server, half, requests):
    server.note("the server alone")
    going = Clients(server.port, half, requests, 100)
    going.expect(b"c")
    stopped = Clients(server.port, half, requests, 32768)
    stopped.expect(b"c")
    stopped.go()
    time.sleep(0.5)
    os.kill(stopped.pid, signal.SIGSTOP)
    server.note("%d connections, half of them stopped" % (2 * half))
    going.go()
    going.expect(b"d")
    server.note("%d requests of 100 bytes" % requests)
    os.kill(stopped.pid, signal.SIGCONT)
    stopped.expect(b"d")
    server.note("-CONT: %d requests of 32768 bytes" % requests)
    going.end()
    stopped.end()
    time.sleep(1)
    server.note("no clients")
    server.process.send_signal(signal.SIGINT)
    return server.process.wait(10)


if __name__ == "__main__":
    sys.exit(main())
