"""A thousand devices that check in and download at once: light ones, which speak TLS and HTTP as devices do, ranges of
2 KiB one after the other on a connection of their own. CPU is the processes', from /proc."""
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import tempfile
import time

from bench import nginx_peer
from tests.support.service import FAKE_DEVICE, Service

DEVICE_COUNT = 1000
AT_ONCE = 32
RANGE_SIZE_BYTES = 2048
CHECKIN_SECONDS = 20


def fetch(connection, digest, first, size):
    """One range, read to its last byte."""
    connection.sendall(f"GET /v1/image/{digest} HTTP/1.1\r\nHost: images.sopris\r\n"
                       f"Range: bytes={first}-{first + size - 1}\r\n\r\n".encode())
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(16384)
    head, body = received.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 206 "), head
    while len(body) < size:
        body += connection.recv(16384)
    return body


def download(service, digest, size):
    with service.edge() as connection:
        data = b"".join(fetch(connection, digest, first, min(RANGE_SIZE_BYTES, size - first))
                        for first in range(0, size, RANGE_SIZE_BYTES))
    assert hashlib.sha256(data).hexdigest() == digest


def measure(root):
    file = (root / "build/device/device/systems/base.bin").read_bytes()
    digest = hashlib.sha256(file).hexdigest()
    with tempfile.TemporaryDirectory() as folder, Service(pathlib.Path(folder) / "world") as service:
        service.enter_all()
        (service.folder / "images" / digest).write_bytes(file)
        edges, cores = service.pids("sopris-edge"), service.pids("sopris-core")
        load = subprocess.Popen([FAKE_DEVICE, "load", service.folder, str(DEVICE_COUNT), str(CHECKIN_SECONDS), "kept",
                                 "8"], stdout=subprocess.PIPE, text=True)
        joined = json.loads(load.stdout.readline())["joined"]
        before, start = nginx_peer.cpu_seconds(edges), time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda _: download(service, digest, len(file)), range(DEVICE_COUNT)))
        seconds = time.monotonic() - start
        outcome = json.loads(load.stdout.readline())
        load.wait()
        edge_seconds, core_seconds = nginx_peer.cpu_seconds(edges) - before, nginx_peer.cpu_seconds(cores)
    checkins = outcome["accepted"]
    requests = DEVICE_COUNT * -(-len(file) // RANGE_SIZE_BYTES)
    return [
        (f"{joined:,} devices check in: accepted, in {outcome['seconds']:.0f} s", f"{checkins:,}", "", ""),
        (f"{DEVICE_COUNT:,} devices download {len(file):,} bytes each: all done in", f"{seconds:.0f}", "s", ""),
        ("ranges served", f"{requests / seconds:,.0f}", "a second", "beside the load, on the same machine"),
        ("edge, all of it, for a range", f"{edge_seconds / requests * 1e6:.0f}", "us CPU", "check-ins included"),
        ("edge, all of it, for a device", f"{edge_seconds / DEVICE_COUNT * 1e3:.1f}", "ms CPU", ""),
        ("core, joining included, for a check-in", f"{core_seconds / max(checkins, 1) * 1e6:.0f}", "us CPU", ""),
    ]
