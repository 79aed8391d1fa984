"""The emulated board for tests: QEMU mps3-an524 with its console, QMP and debug stub.

A test owns its folder; every process that is started here is ended here, by its id."""
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import subprocess
import threading
import time

from tests.support.gdb import Gdb

FLASH_SIZE_BYTES = 2 * 1024 ** 3  # the machine's whole DDR; the file is sparse
ROM_BASE = 0x10000000
FUSES_BASE = 0x10008000
SECRETS_BASE = 0x38000000
FLASH_FILE_OFFSET = 0x10000000  # of the flash, at 0x70000000, in the file behind the DDR, at 0x60000000


class BoardTimeout(AssertionError):
    """The board did not print the line that a test waited for."""


def make_flash(path):
    """A sparse flash file that reads as erased where the board looks: 8 MiB of 0xFF."""
    with open(path, "wb") as flash:
        flash.seek(FLASH_FILE_OFFSET)
        flash.write(b"\xff" * (8 * 1024 * 1024))
        flash.truncate(FLASH_SIZE_BYTES)


class Board:
    """One QEMU process. Use as a context manager, or start() and stop().

    rom, fuses      files, or None to leave them out
    uds, seed       32 bytes each; seed is fresh random by default
    icount          shift for -icount (0: one nanosecond an instruction), or None
    gdb             True: starts halted, with .gdb connected
    forwards        {(guest address, port): host port}, each through the relay program
    extra           more QEMU arguments
    loads           {address: file}: more images to load
    nic             what the controller is connected to, in place of the user network with its forwards
    """

    def __init__(self, folder, *, rom=None, flash=None, fuses=None, uds=None, seed=None, icount=None, gdb=False,
                 forwards=None, relay=None, extra=(), loads=None, nic=None):
        self.folder = pathlib.Path(folder)
        self.rom, self.fuses, self.uds, self.seed = rom, fuses, uds, seed
        self.flash = pathlib.Path(flash) if flash else self.folder / "flash.img"
        self.icount, self.with_gdb = icount, gdb
        self.forwards, self.relay = forwards or {}, relay
        self.extra, self.loads, self.nic = list(extra), loads or {}, nic
        self.lines, self.gdb, self.process = [], None, None
        self._changed = threading.Condition()

    def _arguments(self):
        if not self.flash.exists():
            make_flash(self.flash)
        arguments = [
            "qemu-system-arm", "-display", "none", "-monitor", "none", "-no-reboot", "-serial", "stdio",
            "-object", f"memory-backend-file,id=m,mem-path={self.flash},size=2G,share=on",
            "-M", "mps3-an524,remap=QSPI,memory-backend=m", "-global", "sse-200.CPU0_DSP=on",
            "-qmp", f"unix:{self.folder}/qmp.sock,server=on,wait=off"]
        loads = dict(self.loads)
        if self.rom:
            loads[ROM_BASE] = self.rom
        if self.fuses:
            loads[FUSES_BASE] = self.fuses
        if self.uds is not None:
            secrets_file = self.folder / "secrets.bin"
            secrets_file.write_bytes(self.uds + (self.seed or secrets.token_bytes(32)))
            loads[SECRETS_BASE] = secrets_file
        for address, file in loads.items():
            arguments += ["-device", f"loader,file={file},addr={address:#x},force-raw=on"]
        if self.icount is not None:
            arguments += ["-icount", f"shift={self.icount}"]
        if self.with_gdb:
            arguments += ["-S", "-chardev", f"socket,id=g,path={self.folder}/gdb.sock,server=on,wait=off",
                          "-gdb", "chardev:g"]
        nic = "user,model=lan9118,restrict=on"
        for (address, port), host_port in self.forwards.items():
            nic += f",guestfwd=tcp:{address}:{port}-cmd:{self.relay} 127.0.0.1 {host_port}"
        return arguments + ["-nic", self.nic or nic] + self.extra

    def start(self):
        for name in ("qmp.sock", "gdb.sock"):
            (self.folder / name).unlink(missing_ok=True)
        self.lines = []
        self.process = subprocess.Popen(self._arguments(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, cwd=self.folder)
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        if self.with_gdb:
            self.gdb = Gdb(self.folder / "gdb.sock")
        return self

    def _read(self, process):
        for raw in process.stdout:
            with self._changed:
                self.lines.append(raw.decode("latin1").rstrip("\r\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_line(self, pattern, timeout_s=30.0, start=0):
        """First console line, from index start on, that the regular expression finds; its match object."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            index = start
            while True:
                while index < len(self.lines):
                    match = re.search(pattern, self.lines[index])
                    if match:
                        return match
                    index += 1
                ended = self.process.poll() is not None
                if ended:
                    self._changed.wait(0.1)  # the reader may still hold the last lines
                    if index < len(self.lines):
                        continue
                left = deadline - time.monotonic()
                if left <= 0 or ended:
                    error = self.process.stderr.read().decode() if ended else ""
                    raise BoardTimeout(f"no line matches {pattern!r} ({'QEMU ended' if ended else 'time is up'}); "
                                       f"console:\n" + "\n".join(self.lines[-40:]) + "\n" + error)
                self._changed.wait(min(left, 0.2))

    def wait_exit(self, timeout_s=30.0):
        """Waits for QEMU to end by itself: with -no-reboot every reset of the guest does that."""
        return self.process.wait(timeout_s)

    def qmp(self, command, **arguments):
        """One QMP command on a connection of its own; returns its result."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.folder / "qmp.sock"))
            stream = connection.makefile("rw")
            stream.readline()
            for message in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(message) + "\n")
                stream.flush()
                while True:
                    reply = json.loads(stream.readline())
                    if "return" in reply:
                        break
                    if "error" in reply:
                        raise RuntimeError(reply["error"]["desc"])
            return reply["return"]

    def kill(self):
        """kill -9, as a power cut."""
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self):
        if self.gdb:
            self.gdb.close()
            self.gdb = None
        self.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()
