"""How many questions at a point, each with a session, the web server answers in a second.

The server is the one of ``./krong serve`` (two workers). The clients are threads of one process on
the same two cores, each with one connection that stays open, so their work counts against the rate.
Every answer is read to its end and must be 200 and hold every layer that was asked.
"""

import random
import socket
import sys
import threading
import time

CLIENTS = 4
SECONDS = 8.0


def addresses(layers, count, seed):
    chance = random.Random(seed)
    return [
        f"/identify?lon={103.447 + chance.random() * 0.02:.7f}"
        f"&lat={10.581 + chance.random() * 0.02:.7f}&z=18&layers={','.join(layers)}"
        for _n in range(count)
    ]


class Client:
    """One open connection that asks for one address after the other."""

    def __init__(self, port, cookie):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tail = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"

    def asked(self, address):
        """Return the status line and the body of the answer."""
        self.socket.sendall(f"GET {address}{self.tail}".encode())
        content = self.socket.recv(65_536)
        while (end := content.find(b"\r\n\r\n")) < 0:
            content += self._more()
        head = content[:end].lower()
        start = head.index(b"content-length:") + 15
        length = int(head[start : (head + b"\r\n").index(b"\r\n", start)])
        while len(content) < end + 4 + length:
            content += self._more()
        return content[: content.index(b"\r\n")], content[end + 4 :]

    def _more(self):
        more = self.socket.recv(65_536)
        if not more:
            raise ConnectionError("the server closed the connection")
        return more


def rate(port, cookie, layers, seconds=SECONDS):
    """Return answers per second and the times of all of them [ms]."""
    times, until = [], time.monotonic() + seconds
    marks = [f'"slug": "{slug}"'.encode() for slug in layers]

    def work(seed):
        client, mine = Client(port, cookie), []
        for address in addresses(layers, 200, seed) * 1_000:
            started = time.perf_counter()
            if time.monotonic() > until:
                break
            status, body = client.asked(address)
            if b" 200 " not in status + b" " or not all(mark in body for mark in marks):
                sys.stderr.write(f"{status!r} {body[:300]!r}\n")
                break
            mine.append((time.perf_counter() - started) * 1000)
        else:
            sys.stderr.write("more answers than addresses\n")
        times.extend(mine)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(CLIENTS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / (time.monotonic() - started), sorted(times)
