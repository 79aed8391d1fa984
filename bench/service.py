"""Server CPU microseconds for a durable check-in, edge and core apart, and check-ins per second, beside peers measured
in the same run: OpenSSL's bare operations, and nginx doing nothing but mutual TLS 1.3 handshakes.

The figures are CPU times of the processes, from /proc, so that the load's own cost does not count: what one core of the
machine carries follows from them. The rate that was reached is shared with the load, which runs on the same machine.
All take turns in several rounds, so that a machine that gets busier or slower meets all of them."""
import json
import pathlib
import statistics
import subprocess
import tempfile

from bench import nginx_peer
from tests.support.service import FAKE_DEVICE, Service

ROUND_COUNT = 5  # of all peers in turn; what is printed are medians
SECONDS = 4
DEVICE_COUNT = 256
THREAD_COUNT = 32
HANDSHAKE_COUNT = 2000
FLOOR_ROUND_COUNT = 1000
KEPT_RATE_AIM = 5500
HANDSHAKE_RATIO_AIM = 0.6


def load(service, kind):
    """Runs the load; edge and core microseconds for a check-in, and check-ins a second."""
    edges, cores = service.pids("sopris-edge"), service.pids("sopris-core")
    process = subprocess.Popen([FAKE_DEVICE, "load", service.folder, str(DEVICE_COUNT), str(SECONDS), kind,
                                str(THREAD_COUNT)], stdout=subprocess.PIPE, text=True)
    assert json.loads(process.stdout.readline())["joined"] == DEVICE_COUNT
    before = [nginx_peer.cpu_seconds(edges), nginx_peer.cpu_seconds(cores)]
    outcome = json.loads(process.stdout.readline())
    edge, core = (after - start for after, start in
                  zip([nginx_peer.cpu_seconds(edges), nginx_peer.cpu_seconds(cores)], before))
    process.wait()
    if outcome["busy"] or outcome["lost"] or outcome["refused"]:
        raise SystemExit(f"the service did not take all check-ins of the load: {outcome}")
    count = outcome["accepted"]
    return {"edge_us": edge / count * 1e6, "core_us": core / count * 1e6, "per_second": count / outcome["seconds"]}


def floor(root):
    """CPU microseconds of OpenSSL's bare operations: {name: microseconds}."""
    output = subprocess.check_output([root / "build/host/bench/crypto_floor", str(FLOOR_ROUND_COUNT)], text=True)
    return json.loads(output)


def rows_of(title, result):
    total = result["edge_us"] + result["core_us"]
    return [
        (f"{title}: edge", f"{result['edge_us']:.0f}", "us CPU", ""),
        (f"{title}: core", f"{result['core_us']:.0f}", "us CPU", ""),
        (f"{title}: edge and core", f"{total:.0f}", "us CPU", ""),
        (f"{title}: reached beside its load", f"{result['per_second']:,.0f}", "a second", ""),
    ]


def medians(results):
    """One dictionary of medians for a list of dictionaries."""
    return {name: statistics.median(result[name] for result in results) for name in results[0]}


def rounds(root, folder):
    """Medians of OpenSSL's floor, kept and new connections, nginx; and the median of the rounds' ratios."""
    bare, kept, new, nginx = [], [], [], []
    with Service(folder / "world") as service:
        service.enter_all()
        for number in range(ROUND_COUNT):
            (folder / f"nginx-{number}").mkdir()
            bare.append(floor(root))
            kept.append(load(service, "kept"))
            new.append(load(service, "new"))
            # The service idles meanwhile.
            nginx.append(nginx_peer.measure(folder / f"nginx-{number}", root / "build/host/bench/handshake_client",
                                            HANDSHAKE_COUNT))
    ratio = statistics.median((one["edge_us"] + one["core_us"]) / peer["cpu_us"] for one, peer in zip(new, nginx))
    return *map(medians, (bare, kept, new, nginx)), ratio


def measure(root):
    with tempfile.TemporaryDirectory(prefix="sopris-bench-") as folder:
        bare, kept, new, nginx, ratio = rounds(root, pathlib.Path(folder))
    kept_us = kept["edge_us"] + kept["core_us"]
    return [
        ("OpenSSL: P-256 sign / verify / key pair / agreement",
         " / ".join(f"{bare[name]:.0f}" for name in ("sign", "verify", "generate", "agree")), "us CPU", ""),
        ("OpenSSL: what a check-in on a kept connection needs", f"{bare['sign'] + bare['verify']:.0f}", "us CPU",
         "the core: one verification, one signature"),
        ("OpenSSL: what one on a new connection needs",
         f"{2 * bare['sign'] + bare['verify'] + bare['generate'] + bare['agree']:.0f}", "us CPU",
         "and the edge: key pair, agreement, signature"),
        *rows_of("kept connection", kept),
        ("kept connection: one core carries", f"{1e6 / kept_us:,.0f}", "a second", f"aim at least {KEPT_RATE_AIM:,}"),
        *rows_of("new connection", new),
        ("nginx, bare mutual handshake", f"{nginx['cpu_us']:.0f}", "us CPU", ""),
        ("new connection: ratio to nginx", f"{ratio:.2f}", "",
         f"aim at most {HANDSHAKE_RATIO_AIM}"),
    ]
