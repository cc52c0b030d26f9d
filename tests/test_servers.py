#!/usr/bin/env python3
"""The examples that are servers, with clients that are not ours: sockets of
python3's standard library, and `nc` and curl where they are present."""

import os
import re
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from support import BUILD, ENVIRONMENT, IS_SLOW, LIMIT, ROOT, SLOW

HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
MANY = 500 if IS_SLOW else 5000


class Server:
    """An example that prints "nc HOST PORT" and serves until Ctrl-C."""

    def __init__(self, test, stage, name, *words, files=None):
        program = os.path.join(BUILD, stage, "examples", name)
        if not os.path.exists(program):
            test.skipTest("not built")
        self.test = test
        self.is_stopped = False
        self.process = subprocess.Popen(
            [program, "0", *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=ENVIRONMENT, start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (files or HARD, files or HARD)))
        test.addCleanup(self.kill)
        line = self.process.stdout.readline().split()
        test.assertEqual(line[:2], ["nc", "127.0.0.1"])
        self.port = int(line[2])

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.port), LIMIT)
        client.settimeout(LIMIT)
        return client

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def status(self, field):
        with open("/proc/%d/status" % self.process.pid) as file:
            return int(file.read().split(field + ":")[1].split()[0])

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Ctrl-C. Returns the exit code, and the output."""
        self.is_stopped = True
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=LIMIT)
        return self.process.returncode, out, err

    def kill(self):
        """A server that was not stopped must be alive, without complaints."""
        code = self.process.poll()
        if code is None:
            self.process.kill()
        if not self.is_stopped:
            _, err = self.process.communicate()
            self.test.assertEqual((code, err), (None, ""))


def receive_line(client):
    data = b""
    while not data.endswith(b"\n"):
        piece = client.recv(65536)
        if not piece:
            break
        data += piece
    return data


class Radecho:
    """The same cases for each stage that has a radecho."""

    stage = None

    def server(self, *words, **limits):
        return Server(self, self.stage, "radecho", *words, **limits)

    def test_two_clients_at_once(self):
        server = self.server("20")
        ann, bob = server.connect(), server.connect()
        with ann, bob:
            begin = time.monotonic()
            ann.sendall(b"a" * 500 + b"\n")  # typed in ten seconds
            self.assertEqual(ann.recv(1), b"a")
            bob.sendall(b"hello from Bob\n")
            self.assertEqual(receive_line(bob), b"hello from Bob\n")
            self.assertGreater(time.monotonic() - begin, 14 * 0.020)
            self.assertNotIn(b"\n", ann.recv(65536))  # still being typed

    def test_long_and_binary(self):
        server = self.server("0")
        data = bytes(range(256)) * 8192  # 2 MiB
        with server.connect() as client:
            sender = threading.Thread(target=client.sendall, args=(data,))
            sender.start()
            echo = b""
            while len(echo) < len(data):
                piece = client.recv(1 << 16)
                self.assertTrue(piece)
                echo += piece
            sender.join()
        self.assertEqual(echo, data)

    def test_a_client_that_does_not_read_delays_no_other(self):
        server = self.server("0")
        with server.connect() as stuck, server.connect() as other:
            stuck.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                while True:
                    stuck.send(b"x" * 65536)
            other.sendall(b"still there?\n")
            self.assertEqual(receive_line(other), b"still there?\n")

    @unittest.skipUnless(os.path.isdir("/proc/self/fd"), "no /proc")
    def test_clients_that_leave_take_their_descriptors_along(self):
        server = self.server("1")
        with server.connect() as client:
            client.sendall(b"\n")
            receive_line(client)
            before = server.descriptors() - 1
        for how in range(30):
            client = server.connect()
            client.sendall(b"one\ntwo\n")
            if how % 3 == 0:
                receive_line(client)
            if how % 3 == 1:  # a reset
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  b"\1\0\0\0\0\0\0\0")
            client.close()
        for _ in range(int(LIMIT * 100)):
            if server.descriptors() == before:
                return
            time.sleep(0.01)
        self.assertEqual(server.descriptors(), before)

    @unittest.skipUnless(os.path.isdir("/proc/self/fd"), "no /proc")
    def test_without_descriptors_it_waits_and_does_not_spin(self):
        server = self.server("0", files=16)
        clients = [server.connect() for _ in range(24)]  # in the queue at least
        time.sleep(0.3 * SLOW)
        before = server.cpu()
        time.sleep(1)
        self.assertLess(server.cpu() - before, 0.3)
        clients[0].sendall(b"in time\n")
        self.assertEqual(receive_line(clients[0]), b"in time\n")
        for client in clients[:20]:
            client.close()
        clients[-1].sendall(b"at last\n")
        self.assertEqual(receive_line(clients[-1]), b"at last\n")
        for client in clients[20:]:
            client.close()

    @unittest.skipUnless(HARD == -1 or HARD > 2 * MANY + 100, "too few files")
    def test_many_clients(self):
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (HARD, HARD))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE,
                        (soft, HARD))
        server = self.server("0")
        clients = {}
        for i in range(MANY):
            client = server.connect()
            clients[client] = b"client %d\n" % i
        for turn in range(2):
            for client, line in clients.items():
                client.sendall(line)
            for client, line in clients.items():
                self.assertEqual(receive_line(client), line)
        for client in clients:
            client.close()

    @unittest.skipUnless(os.path.isdir("/proc/self/fd"), "no /proc")
    @unittest.skipIf(IS_SLOW, "sanitizers keep memory")
    def test_half_of_the_clients_are_stopped(self):
        program = os.path.join(BUILD, self.stage, "examples", "radecho")
        run = subprocess.run(
            [sys.executable, os.path.join(ROOT, "tests", "load.py"), "1000",
             "6000", program, "0", "0"], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=5 * LIMIT, env=ENVIRONMENT)
        self.assertEqual((run.returncode, run.stderr),
                         (self.code_after_ctrl_c, ""))
        sizes = list(map(int, re.findall(r" (\d+) KiB ", run.stdout)))
        self.assertEqual(len(sizes), 5, run.stdout)
        self.assertLess(max(sizes[2:]), 1.05 * sizes[1] + 200)

    @unittest.skipUnless(shutil.which("nc"), "no nc")
    def test_nc(self):
        server = self.server("1")
        nc = subprocess.Popen(["nc", "127.0.0.1", str(server.port)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(nc.kill)
        nc.stdin.write(b"moo\n")
        nc.stdin.flush()
        self.assertEqual(nc.stdout.readline(), b"moo\n")
        nc.kill()
        nc.communicate()

    @unittest.skipUnless(shutil.which("curl"), "no curl")
    def test_curl(self):
        server = self.server("0")
        run = subprocess.run(
            ["curl", "-sN", "--http0.9", "-m", "2", "-o", "-",
             "telnet://127.0.0.1:%d" % server.port],
            input=b"moo\n", capture_output=True, timeout=LIMIT)
        self.assertEqual(run.stdout, b"moo\n")


class RadechoWithCallbacks(Radecho, unittest.TestCase):
    stage = "04-callbacks"
    code_after_ctrl_c = 256 - signal.SIGINT  # it has no handler


class RadechoWithAwait(Radecho, unittest.TestCase):
    stage = "06-async-await-style"
    code_after_ctrl_c = 0

    def test_ctrl_c_ends_it(self):
        server = self.server("5")  # a line takes less than the last second
        with server.connect() as idle, server.connect() as busy:
            busy.sendall(b"the end of this line still comes\n")
            self.assertEqual(busy.recv(1), b"t")
            self.assertEqual(server.stop(), (0, "", ""))
            self.assertEqual(receive_line(busy),
                             b"he end of this line still comes\n")
            self.assertEqual(busy.recv(1), b"")
            self.assertEqual(idle.recv(1), b"")

    @unittest.skipUnless(os.path.isdir("/proc/self/fd"), "no /proc")
    def test_the_dump_names_the_clients(self):
        server = self.server("20")
        with server.connect() as client:
            client.sendall(b"x\n")
            self.assertEqual(receive_line(client), b"x\n")
            server.process.send_signal(signal.SIGUSR1)
            err = ""
            while not ("serve(a client)  waiting" in err
                       and "await(accept_one(listener))" in err):
                line = server.process.stderr.readline()
                self.assertTrue(line, err)
                err += line
        self.assertEqual(server.stop()[0], 0)


class Chat(unittest.TestCase):
    def setUp(self):
        self.server = Server(self, "06-async-await-style", "chat")

    def say(self, client, text):
        client.sendall(text.encode())

    def hear(self, client, *lines):
        data = b""
        while data.count(b"\n") < len(lines):
            piece = client.recv(65536)
            self.assertTrue(piece, data)
            data += piece
        # "7: hello": the number of a client may be any.
        self.assertEqual([line.split(": ", 1)[1] for line in
                          data.decode().splitlines()], list(lines))

    def clients(self, n):
        clients = [self.server.connect() for _ in range(n)]
        for client in clients:
            self.addCleanup(client.close)
        # The chat knows a client when it has been heard.
        for client in clients[1:]:
            self.say(client, "here\n")
            self.hear(clients[0], "here")
        for i, client in enumerate(clients):
            self.say(client, "welcome %d\n" % i)
        for client in clients:
            data = b""
            while data.count(b"welcome") < n - 1 or not data.endswith(b"\n"):
                piece = client.recv(65536)
                self.assertTrue(piece, data)
                data += piece
        return clients

    def test_all_hear_all_others(self):
        ann, bob, eve = self.clients(3)
        self.say(ann, "hello\n")
        self.hear(bob, "hello")
        self.hear(eve, "hello")
        self.say(bob, "two\nlines\nand a ha")  # one send is not one line
        self.hear(ann, "two", "lines")
        self.say(bob, "lf\n")
        self.hear(ann, "and a half")
        self.hear(eve, "two", "lines", "and a half")
        bob.close()
        self.say(ann, "bye\n")
        self.hear(eve, "bye")
        self.assertEqual(self.server.stop(), (0, "", ""))
        self.assertEqual(ann.recv(1), b"")

    def test_a_burst_of_lines_is_no_reason_to_be_dropped(self):
        ann, bob = self.clients(2)
        for turn in range(20):
            self.say(ann, "x\n" * 100)
            self.hear(bob, *["x"] * 100)

    def test_the_slow_client_is_dropped_and_no_other_waits(self):
        ann, bob, slow = self.clients(3)
        lines = ["y" * 240] * 100
        for turn in range(400):  # 10 MB: more than fits into the two sockets
            self.say(ann, "\n".join(lines) + "\n")
            self.hear(bob, *lines)  # and the slow one does not read
        self.say(ann, "still here\n")
        self.hear(bob, "still here")
        data = b""
        while True:
            piece = slow.recv(1 << 20)
            if not piece:  # closed, after less than all
                break
            data += piece
        self.assertLess(data.count(b"\n"), 400 * 100)
        self.assertEqual(self.server.stop(), (0, "", ""))

    def test_a_line_without_end_ends_the_conversation(self):
        ann, bob = self.clients(2)
        self.say(bob, "z" * 1000)
        try:
            self.assertEqual(bob.recv(1), b"")
        except ConnectionResetError:
            pass

    def test_many(self):
        clients = self.clients(100)
        self.say(clients[0], "to all\n")
        for client in clients[1:]:
            self.hear(client, "to all")


if __name__ == "__main__":
    unittest.main()
