"""A client of QEMU's debug stub: memory, registers, breakpoints. GDB remote serial protocol, no acknowledgements."""
import re
import socket
import subprocess
import time

REGISTERS = {"sp": 13, "lr": 14, "pc": 15}


class Gdb:
    def __init__(self, path, timeout_s=20.0):
        self._buffer = b""
        self._acknowledge = True
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        self.command("QStartNoAckMode")
        self._acknowledge = False
        self.command("qSupported:multiprocess+")
        # Reading the target description is what makes the stub answer for single registers.
        self.command("qXfer:features:read:target.xml:0,ffb")
        self.command("?")

    def close(self):
        self._socket.close()

    def send(self, text):
        data = text.encode()
        self._socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 255))

    def receive(self):
        while True:
            match = re.match(rb"[+]*\$([^#]*)#..", self._buffer, re.S)
            if match:
                self._buffer = self._buffer[match.end():]
                if self._acknowledge:
                    self._socket.sendall(b"+")
                return match.group(1).decode("latin1")
            chunk = self._socket.recv(65536)
            if not chunk:
                raise EOFError("the debug stub closed the connection")
            self._buffer += chunk

    def command(self, text):
        self.send(text)
        return self.receive()

    def monitor(self, text):
        """A command of QEMU's monitor; its output."""
        self.send("qRcmd," + text.encode().hex())
        output = ""
        while True:
            reply = self.receive()
            if reply in ("OK", "") or reply.startswith("E"):
                return output
            if reply.startswith("O"):
                output += bytes.fromhex(reply[1:]).decode("latin1")

    def read(self, address, size_bytes):
        """Memory as the CPU's present security state sees it; None where it may not be read."""
        data = b""
        while len(data) < size_bytes:
            part = min(0x400, size_bytes - len(data))
            reply = self.command(f"m{address + len(data):x},{part:x}")
            if reply.startswith("E") or reply == "":
                return None
            data += bytes.fromhex(reply)
        return data

    def read_u32(self, address):
        return int.from_bytes(self.read(address, 4), "little")

    def write(self, address, data):
        reply = self.command(f"M{address:x},{len(data):x}:{data.hex()}")
        if reply != "OK":
            raise RuntimeError(f"memory at {address:#x} cannot be written: {reply}")

    def write_u32(self, address, value):
        self.write(address, value.to_bytes(4, "little"))

    def register(self, name):
        number = REGISTERS.get(name, name)
        return int.from_bytes(bytes.fromhex(self.command(f"p{number:x}")[:8]), "little")

    def set_register(self, name, value):
        number = REGISTERS.get(name, name)
        self.command(f"P{number:x}={value.to_bytes(4, 'little').hex()}")

    def general_registers(self):
        """r0 to r15 and xPSR, as far as the stub gives them in one answer."""
        return bytes.fromhex(re.sub("x", "0", self.command("g")))

    def set_breakpoint(self, address):
        self.command(f"Z0,{address:x},2")

    def clear_breakpoint(self, address):
        self.command(f"z0,{address:x},2")

    def resume(self):
        self.send("vCont;c")

    def wait_stop(self):
        while True:
            reply = self.receive()
            if reply[:1] in "TSWX":
                return reply

    def interrupt(self):
        self._socket.sendall(b"\x03")
        return self.wait_stop()

    def run_to(self, address):
        """Runs until the breakpoint; the caller has resumed nothing."""
        self.set_breakpoint(address)
        self.resume()
        self.wait_stop()
        self.clear_breakpoint(address)
        stopped = self.register("pc")
        if stopped != address:
            raise AssertionError(f"stopped at {stopped:#x} instead of {address:#x}")


def symbols(elf):
    """{name: address} of an ELF file, Thumb bit cleared."""
    output = subprocess.check_output(["arm-none-eabi-nm", str(elf)], text=True)
    found = {}
    for line in output.splitlines():
        parts = line.split()
        if len(parts) == 3:
            found[parts[2]] = int(parts[0], 16) & ~1
    return found
