"""A maker, an owner, a service, a broker and boards for system tests, all by the product's own command line.

Every process that is started here is ended here, by its id. Ports are free ones."""
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from tests.support.ports import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOPRIS = ROOT / "build/host/cli/sopris"
HOST_BOARD = ROOT / "build/host/device/boards/host/sopris-host-board"
DEVICE = ROOT / "build/device/device"
BATCH = "test"


class Process:
    """A program whose output is read as lines while it runs."""

    def __init__(self, arguments, **options):
        self.lines = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen([str(argument) for argument in arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for raw in self.process.stdout:
            with self._changed:
                self.lines.append(raw.decode("latin1").rstrip("\r\n"))
                self._changed.notify_all()

    def wait_line(self, pattern, timeout_s=40.0, start=0):
        """Match object of the first line from index start on that the regular expression finds."""
        deadline = time.monotonic() + timeout_s
        index = start
        with self._changed:
            while True:
                while index < len(self.lines):
                    found = re.search(pattern, self.lines[index])
                    if found:
                        return found
                    index += 1
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"no line '{pattern}' in time:\n" + "\n".join(self.lines[-40:])
                self._changed.wait(min(left_s, 0.2))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Workshop:
    """One workspace of the command line."""

    def __init__(self, folder, edge_port=0):
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "work"
        self.processes = []
        self.service = None
        self.broker_port = free_port()
        self.sopris("maker", "new", "acme")
        self.sopris("up", "--init", "--edge-port", edge_port, "--door-port", "0", "--broker-port", self.broker_port,
                    "--ticket-lifetime", "10")
        self.monitor = self.image("monitor", DEVICE / "monitor/monitor.bin")
        self.base = self.image("base", DEVICE / "systems/base.bin")
        self.app = self.image("app", DEVICE / "systems/thermostat.bin", signer=("--owner",))

    def sopris(self, *arguments, as_json=False):
        command = [SOPRIS, "-C", self.home, *(["-o", "json"] if as_json else []), *arguments]
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, f"{arguments}: {result.stderr}"
        return json.loads(result.stdout) if as_json else result.stdout

    def image(self, component, plain, signer=("--maker", "acme"), name=None, sequence=1):
        record, out = (self.folder / f"{name or component}.{ending}" for ending in ("suit", "img"))
        self.sopris("image", "build", "--component", component, "--image", plain, "--sequence", sequence, "--version",
                    f"{sequence}.0.0", "--maker", "acme", "--out", record)
        self.sopris("image", "sign", record, *signer, "--out", out)
        return out

    def new_board_command(self, name, base=None, app=None):
        return [SOPRIS, "-C", self.home, "-o", "json", "board", "new", name, "--maker", "acme", "--batch", BATCH, "--rom",
                DEVICE / "rom/rom.bin", "--monitor", self.monitor, "--base", base or self.base, "--app", app or self.app]

    def new_board(self, name, base=None, app=None):
        """What the factory knows of the board."""
        made = subprocess.run(self.new_board_command(name, base, app), capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stderr
        return json.loads(made.stdout)

    def start(self, *arguments):
        process = Process(arguments)
        self.processes.append(process)
        return process

    def run_board(self, name, service_port, broker_port=None, options=()):
        return self.start(SOPRIS, "-C", self.home, "board", "run", name, "--service-port", service_port,
                          "--broker-port", broker_port or self.broker_port, *options)

    def run_host_board(self, name, service_port):
        """The same board as a Linux process: ROM, monitor and agent."""
        return self.start(HOST_BOARD, self.home / "boards" / name, service_port)

    def publish(self, component, plain, sequence):
        """A release made of these bytes and a few that no other sequence has; gives the image file."""
        changed = self.folder / f"{component}-{sequence}.bin"
        changed.write_bytes(pathlib.Path(plain).read_bytes() + b"release %08d" % sequence)
        signer = ("--owner",) if component == "app" else ("--maker", "acme")
        image = self.image(component, changed, signer, changed.stem, sequence)
        self.sopris("image", "publish", image)
        return image

    def run_service(self):
        """The service as it stands; the port for devices."""
        self.service = self.start(SOPRIS, "-C", self.home, "up")
        return int(self.service.wait_line(r"ready edge=\S+:(\d+)")[1])

    def start_service(self):
        """The service, ready and knowing maker, voucher and images. Gives the port for devices."""
        port = self.run_service()
        self.sopris("maker", "trust", "acme")
        voucher = self.folder / "owner.voucher"
        self.sopris("maker", "voucher", "acme", "--owner", self.home / "owner/root.crt", "--batch", BATCH, "--host",
                    "10.0.2.100", "--out", voucher)
        self.sopris("voucher", "add", voucher)
        self.sopris("release", "add", self.monitor, self.base, self.app)
        return port

    def start_broker(self):
        mosquitto = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        broker = self.start(mosquitto, "-c", self.home / "broker/mosquitto.conf")
        broker.wait_line(r"running")
        return broker

    def subscribe(self, topic):
        return self.start("mosquitto_sub", "-h", "127.0.0.1", "-p", self.broker_port, "--cafile",
                          self.home / "owner/root.crt", "--cert", self.home / "operators/admin.crt", "--key",
                          self.home / "operators/admin.key", "-t", topic, "-v")

    def close(self):
        for process in reversed(self.processes):
            process.stop()


def read_memory(board_folder, address, size):
    """Guest memory of a running board, as its processor sees it."""
    out = pathlib.Path(board_folder) / "memory.bin"
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(pathlib.Path(board_folder) / "qmp.sock"))
        stream = control.makefile("rw")
        stream.readline()  # greeting
        for command, arguments in (("qmp_capabilities", {}),
                                   ("memsave", {"val": address, "size": size, "filename": str(out)})):
            stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            stream.flush()
            while "return" not in (reply := json.loads(stream.readline())):
                assert "error" not in reply, reply
    return out.read_bytes()


def layout(system):
    """Where each compartment of an image lies, as the composer wrote it down."""
    return json.loads((DEVICE / f"systems/{system}.d/layout.json").read_text())


def symbol(system, compartment, name):
    """Address and size of a symbol of a compartment. system is the name of one of the product's, or a composer's folder."""
    folder = system if isinstance(system, pathlib.Path) else DEVICE / f"systems/{system}.d"
    listing = subprocess.check_output(["arm-none-eabi-nm", "-S", folder / f"{compartment}.elf"], text=True)
    found = [line.split() for line in listing.splitlines() if line.endswith(f" {name}")]
    return max(((int(parts[0], 16), int(parts[1], 16)) for parts in found if len(parts) == 4), key=lambda each: each[1])
