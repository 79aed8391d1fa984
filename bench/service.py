"""Check-ins a second and CPU time for each durable one, edge and core apart, beside OpenSSL's floor and nginx doing bare
mutual TLS handshakes, all in one run. One edge, one core; the client runs on whatever the machine has left."""
import os
import pathlib
import re
import subprocess
import tempfile
import time

from bench import nginx_peer
from tests.support import service as support

WARM_UP_S = 4
MEASURED_S = 6
LOADS = {"kept": (200, 32), "new": (64, 8)}  # devices, threads of the client
NGINX_HANDSHAKE_COUNT = 2000


def openssl_floor_us():
    """CPU microseconds of one P-256 verification and one signature by OpenSSL."""
    text = subprocess.run(["openssl", "speed", "-seconds", "1", "ecdsap256"], capture_output=True, text=True,
                          check=True).stdout
    # Two rounded times, then the two rates, which are not rounded.
    signs, verifies = re.search(r"nistp256\)\s+[\d.]+s\s+[\d.]+s\s+([\d.]+)\s+([\d.]+)", text).groups()
    return 1e6 / float(verifies) + 1e6 / float(signs)


def accepted(running):
    return running.request("GET", "/v1/status")[1]["counters"]["checkin_accepted"]


def check_ins(kind):
    """Check-ins a second, CPU microseconds of edge and of core for each, with connections of this kind."""
    devices, threads = LOADS[kind]
    with tempfile.TemporaryDirectory() as folder, support.Service(pathlib.Path(folder) / "world") as running:
        running.enter_all()
        edge, core = running.pids("sopris-edge"), running.pids("sopris-core")
        load = subprocess.Popen([support.FAKE_DEVICE, "load", running.folder, str(devices),
                                 str(WARM_UP_S + MEASURED_S + 2), kind, str(threads)], stdout=subprocess.DEVNULL)
        time.sleep(WARM_UP_S)
        start = time.monotonic()
        before = accepted(running), nginx_peer.cpu_seconds(edge), nginx_peer.cpu_seconds(core)
        time.sleep(MEASURED_S)
        after = accepted(running), nginx_peer.cpu_seconds(edge), nginx_peer.cpu_seconds(core)
        seconds = time.monotonic() - start
        assert load.wait() == 0, "a check-in was refused"
        count = after[0] - before[0]
        return count / seconds, (after[1] - before[1]) / count * 1e6, (after[2] - before[2]) / count * 1e6


def measure(root):
    rows = []
    floor_us = openssl_floor_us()
    rows.append(("OpenSSL: one P-256 verification and one signature", f"{floor_us:.0f}", "CPU us", ""))
    with tempfile.TemporaryDirectory() as folder:
        peer = nginx_peer.measure(pathlib.Path(folder), root / "build/host/bench/handshake_client",
                                  NGINX_HANDSHAKE_COUNT)
    rows.append(("nginx: one bare mutual TLS 1.3 handshake, P-256", f"{peer['cpu_us']:.0f}", "CPU us", ""))
    for kind, name in (("new", "new connection"), ("kept", "kept connection")):
        per_second, edge_us, core_us = check_ins(kind)
        total_us = edge_us + core_us
        rows.append((f"check-in, {name}", f"{per_second:.0f}", "/s", f"{os.cpu_count()} cores shared with the client"))
        rows.append((f"check-in, {name}: edge", f"{edge_us:.0f}", "CPU us", ""))
        rows.append((f"check-in, {name}: core", f"{core_us:.0f}", "CPU us", ""))
        if kind == "new":
            rows.append(("check-in, new connection, against nginx's handshake", f"{total_us / peer['cpu_us']:.2f}",
                         "ratio", "aim: at most 0.6"))
        else:
            rows.append(("check-in, kept connection, on one core", f"{1e6 / total_us:.0f}", "/s of CPU",
                         "aim: at least 5,500"))
    return rows
