"""A running soprisd with a world of its own, for system tests."""
import base64
import hashlib
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import sqlite3
import ssl
import struct
import subprocess
import time

from tests.support import commands

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SOPRIS_BUILD", ROOT / "build/host"))
FAKE_DEVICE = BUILD / "tests/service/fake_device"
PROGRAMS = ("soprisd", "sopris-core", "sopris-edge", "sopris-door", "sopris-patch")
READY_TIMEOUT_S = 30


def fake_device(*arguments, check=True):
    """Runs fake_device and returns its last line of output as an object."""
    run = subprocess.run([FAKE_DEVICE, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert not check or run.returncode == 0, f"fake_device {arguments}: {run.stdout}{run.stderr}"
    assert "Sanitizer" not in run.stderr and "runtime error" not in run.stderr, run.stderr
    lines = run.stdout.strip().splitlines()
    assert lines, f"fake_device {arguments}: {run.stderr}"
    return json.loads(lines[-1])


class Service:
    """soprisd in a folder of its own.

    without  the name of a rule that the core is linked without
    copied   True: runs copies of the programs from that folder, for users who cannot enter the tree's"""

    def __init__(self, folder, workers=1, without=None, copied=False):
        self.folder = pathlib.Path(folder)
        self.copied = copied
        self.without = without
        subprocess.run([FAKE_DEVICE, "world", self.folder, str(workers)], check=True)
        self.config = self.folder / "soprisd.json"
        self.programs = self._programs()
        self.process = None
        self.ready = ""
        subprocess.run([self.programs / "soprisd", "--config", self.config, "--bootstrap-operator", "admin",
                        self.folder / "admin.crt"], check=True)

    def _programs(self):
        if self.without is None and not self.copied:
            return BUILD / "service"
        folder = self.folder / "programs"
        folder.mkdir()
        for name in PROGRAMS:
            twin = self.without is not None and name == "sopris-core"
            source = BUILD / "service" / (f"{name}-without-{self.without}" if twin else name)
            shutil.copy(source, folder / name)
        return folder

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([self.programs / "soprisd", "--config", self.config],
                                        stdout=subprocess.PIPE, stderr=log)
        log.close()
        readable, _, _ = select.select([self.process.stdout], [], [], READY_TIMEOUT_S)
        self.ready = self.process.stdout.readline().decode() if readable else ""
        assert self.ready.startswith("ready "), f"soprisd is not ready: {self.log()}"
        return self

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=15)
        if self.process is not None:
            self.process.stdout.close()
        # In a sanitizer build a leak or an error of any process stands in the log.
        log = self.log()
        assert "Sanitizer" not in log and "runtime error" not in log, log

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def port(self, name):
        return int((self.folder / "run" / f"{name}.port").read_text())

    def pids(self, program):
        """Processes of this service that run the program, by what the supervisor's children are."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = []
        for pid in children:
            try:
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
            except OSError:
                continue
            if pathlib.Path(command.decode()).name == program:
                found.append(int(pid))
        return found

    def request(self, method, path, body=None, operator="admin", raw=None, headers=None):
        """Asks the door as an operator, who signs what is posted; returns status and document. headers: instead of the
        one with the signature."""
        context = ssl.create_default_context(cafile=self.folder / "owner.crt")
        context.check_hostname = False
        if operator is not None:
            context.load_cert_chain(self.folder / f"{operator}.crt", self.folder / f"{operator}.key")
        connection = http.client.HTTPSConnection("127.0.0.1", self.port("door"), context=context, timeout=20)
        try:
            content = raw if raw is not None else json.dumps(body).encode() if body else None
            if headers is None and method == "POST" and operator is not None:
                headers = commands.header(commands.sign_command(self.text(f"{operator}.key"), path, content or b""))
            connection.request(method, path, content, headers or {})
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text else None
        finally:
            connection.close()

    def base64(self, name):
        return base64.b64encode((self.folder / name).read_bytes()).decode()

    def text(self, name):
        return (self.folder / name).read_text()

    def enter_all(self):
        """Maker, voucher and releases, as an owner enters them."""
        steps = [("/v1/makers", {"root": self.text("maker-root.crt"), "ca": self.text("maker-ca.crt")}),
                 ("/v1/vouchers", {"voucher": self.base64("batch.voucher")})]
        for component, keyset in (("monitor", "release"), ("base", "release"), ("app", "app")):
            steps.append(("/v1/releases", {"manifest": self.base64(f"{component}.suit"),
                                           "keyset": self.base64(f"{keyset}.keyset")}))
        for path, body in steps:
            status, document = self.request("POST", path, body)
            assert status == 201, (path, document)
        return self

    def edge(self, **options):
        """A TLS connection to the edge."""
        import socket
        context = ssl.create_default_context(cafile=self.folder / "owner.crt")
        connection = socket.create_connection(("127.0.0.1", self.port("edge")), timeout=20)
        return context.wrap_socket(connection, server_hostname="service.sopris", **options)

    def query(self, text, *values):
        """Reads the database beside the service."""
        database = sqlite3.connect(f"file:{self.folder / 'store.db'}?mode=ro", uri=True, timeout=10)
        try:
            return database.execute(text, values).fetchall()
        finally:
            database.close()


def wait_until(condition, timeout_s=15):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def slot(service, component="base", keyset="release", image=None):
    """An image file as `sopris image sign` writes it; the world's image of a component is its name."""
    signed = (service.folder / f"{keyset}.keyset").read_bytes()
    manifest = (service.folder / f"{component}.suit").read_bytes()
    header = b"SLOT" + struct.pack(">II", len(signed), len(manifest)) + signed + manifest
    return header.ljust(4096, b"\xff") + (image or component.encode())


def upload(service, contents, digest=None, piece=3000, operator="admin"):
    """In pieces; the answer to the last."""
    digest = digest or hashlib.sha256(contents).hexdigest()
    for offset in range(0, len(contents), piece):
        data = base64.b64encode(contents[offset:offset + piece]).decode()
        answer = service.request("POST", "/v1/images", {"digest": digest, "size": len(contents), "offset": offset,
                                                        "data": data}, operator=operator)
        if answer[0] != 202:
            return answer
        assert answer[1] == {"received": offset + piece}
    raise AssertionError("the last piece was not the last")
