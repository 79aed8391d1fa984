"""Images by way of other web servers: stock nginx with a cache in front of the edge, nginx over the image folder, and
servers that alter a byte on the way. What was altered is refused with an error of its own, and the device recovers."""
import hashlib
import http.server
import json
import struct
import threading

import pytest

from tests.device.workshop import DEVICE, Workshop
from tests.fleet import nginx
from tests.support.service import wait_until

BASE = DEVICE / "systems/base.bin"
NEW = 2
HEADER_SIZE = 4096
CACHED, STATIC = ("cached-1", "cached-2"), "static"


def places_in(file):
    """{name of a board: (offset of the byte that its server alters, error on the console)}"""
    _, keyset_size, manifest_size = struct.unpack(">4sII", file[:12])
    manifest = 12 + keyset_size
    return {
        "magic": (0, "0x0b08"),
        "keyset-body": (12 + keyset_size // 2, "0x0403"),
        "keyset-signature": (manifest - 1, "0x0403"),
        "manifest-body": (manifest + manifest_size // 2, "0x0303"),
        "manifest-signature": (manifest + manifest_size - 1, "0x0305"),
        "image-first": (HEADER_SIZE, "0x030b"),
        "image-last": (len(file) - 1, "0x030b"),
    }


class Altering:
    """An HTTP server that has the file and alters one byte of it: GET /<board>/<digest>."""

    def __init__(self, file, places):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                first, last = (int(number) for number in self.headers["Range"].removeprefix("bytes=").split("-"))
                data = bytearray(file)
                data[places[self.path.split("/")[1]][0]] ^= 1
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
                self.send_header("Content-Length", str(last + 1 - first))
                self.end_headers()
                self.wfile.write(data[first:last + 1])

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def workshop(tmp_path):
    made = Workshop(tmp_path)
    yield made
    made.close()


def raise_rate(workshop):
    """All devices come from nginx's address: the edge's limit on each address is for all of them together."""
    path = workshop.home / "service/soprisd.json"
    configuration = json.loads(path.read_text())
    configuration["edge"]["rate"] = 10000
    path.write_text(json.dumps(configuration))


def test_web_servers_between_edge_and_device(workshop):
    """T-04: images by a cache, by a plain folder, and with a byte altered anywhere in the file, which costs one try."""
    raise_rate(workshop)
    workshop.start_service()
    file = workshop.publish("base", BASE, NEW).read_bytes()
    places = places_in(file)
    altering = Altering(file, places)
    edge_port = int((workshop.home / "service/run/edge.port").read_text())
    routes = dict.fromkeys(CACHED, nginx.cached(edge_port, workshop.home))
    routes[STATIC] = nginx.static(workshop.home)
    routes.update({name: nginx.proxied(altering.port, name) for name in places})
    try:
        ports = nginx.start(workshop, routes.values())
        boards = {}
        for name, port in zip(routes, ports):
            workshop.new_board(name)
            boards[name] = workshop.run_host_board(name, port)
        for board in boards.values():
            board.wait_line(r"agent: checked in")
        workshop.sopris("rollout", "start", "--component", "base", "--sequence", NEW)
        for name, board in boards.items():
            board.wait_line(rf"monitor: base [ab] {NEW} ", 60)
            refused = [line.rsplit(" ", 1)[1] for line in board.lines if " refused: 0x" in line]
            assert refused == ([places[name][1]] if name in places else []), "\n".join([name, *board.lines])
        statuses = nginx.cache_statuses(workshop)
        assert statuses.count("MISS") == 1 and "HIT" in statuses, statuses
    finally:
        altering.close()


def explained(workshop, name):
    """(state, error) of the device's own word on its update, as the service tells it."""
    report = workshop.sopris("device", "explain", name, as_json=True)["updates"][0]["report"]
    return report and (report["state"], report["code"])


def test_an_image_altered_where_it_lies_is_explained_and_repaired(workshop):
    """T-04: no copy is good, so the device refuses until one is; console, service and 'explain' give the same reason."""
    port = workshop.start_service()
    workshop.new_board("explained")
    good = workshop.publish("base", BASE, NEW).read_bytes()
    path = workshop.home / "service/images" / hashlib.sha256(good).hexdigest()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    board = workshop.run_host_board("explained", port)
    board.wait_line(r"agent: checked in")
    workshop.sopris("rollout", "start", "--component", "base", "--sequence", NEW)
    board.wait_line(r"agent: update of base to 2 refused: 0x030b", 60)
    wait_until(lambda: explained(workshop, "explained"), 30)
    assert explained(workshop, "explained") == ("refused", "MANIFEST_IMAGE_DIGEST")
    table = workshop.sopris("device", "explain", "explained")
    assert "does not match the digest in its manifest" in table
    path.write_bytes(good)
    board.wait_line(rf"monitor: base [ab] {NEW} ", 60)
