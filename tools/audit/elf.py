"""What the audit needs of an ELF file: sections, symbols, words, instructions, and where code comes from."""
import dataclasses
import os
import pathlib
import re
import struct
import subprocess

WRITE, ALLOC, EXECUTE = 1, 2, 4
NOBITS = 8
INSTRUCTION = re.compile(r"^([0-9a-f]+):\t(?:[0-9a-f]{4} ?)+\s*\t(\S+)\s*([^@;]*)")
FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")


@dataclasses.dataclass
class Section:
    name: str
    flags: int
    address: int
    size: int
    data: bytes  # empty: nothing in the file


@dataclasses.dataclass
class Instruction:
    address: int
    name: str       # without width: "ldr.w" is "ldr"
    operands: str
    function: str


class Elf:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        raw = self.path.read_bytes()
        if raw[:6] != b"\x7fELF\x01\x01":
            raise ValueError(f"{path} is no 32-bit little-endian ELF file")
        offset, = struct.unpack_from("<I", raw, 0x20)
        size, count, names_index = struct.unpack_from("<3H", raw, 0x2E)
        headers = [struct.unpack_from("<10I", raw, offset + index * size) for index in range(count)]
        names = raw[headers[names_index][4]:]
        self.sections = []
        for name, kind, flags, address, place, length, *_ in headers:
            data = b"" if kind == NOBITS else raw[place:place + length]
            self.sections.append(Section(names[name:names.index(b"\0", name)].decode(), flags, address, length, data))
        self.symbols = self._read_symbols(raw, headers)

    @staticmethod
    def _read_symbols(raw, headers):
        """{name: address}, Thumb bit cleared; undefined ones have None."""
        found = {}
        for _, kind, _, _, place, length, link, *_ in headers:
            if kind != 2:
                continue
            names = raw[headers[link][4]:]
            for offset in range(place, place + length, 16):
                name, value, _, _, _, index = struct.unpack_from("<3I2BH", raw, offset)
                text = names[name:names.index(b"\0", name)].decode()
                if text and not text.startswith("$"):
                    found[text] = value & ~1 if index else None
        return found

    @property
    def loaded(self):
        return [s for s in self.sections if s.flags & ALLOC and s.size]

    def word(self, address):
        for section in self.loaded:
            if section.data and section.address <= address <= section.address + section.size - 4:
                return struct.unpack_from("<I", section.data, address - section.address)[0]
        return None

    def _run(self, tool, *arguments, text=None):
        environment = {**os.environ, "LC_ALL": "C"}
        return subprocess.run([f"arm-none-eabi-{tool}", *arguments, str(self.path)], input=text, check=True,
                              capture_output=True, text=True, env=environment).stdout

    def instructions(self):
        function, found = "", []
        for line in self._run("objdump", "-d").splitlines():
            if match := FUNCTION.match(line):
                function = match[1]
            elif (match := INSTRUCTION.match(line.strip())) and not match[2].startswith("."):
                found.append(Instruction(int(match[1], 16), match[2].split(".")[0], match[3].strip(), function))
        return found

    def sources(self):
        """Source files of the compilation units, relative to the repository."""
        output = self._run("readelf", "--debug-dump=info", "--dwarf-depth=1")
        return {re.sub(r"^(\.\./)+", "", name) for name in re.findall(r"DW_AT_name\s*:.*?(\S+\.[cS])\s*$", output, re.M)}

    def sources_of(self, addresses):
        """Source file of each address."""
        if not addresses:
            return []
        output = subprocess.run(["arm-none-eabi-addr2line", "-e", str(self.path), *map(hex, addresses)], check=True,
                                capture_output=True, text=True).stdout
        return [re.sub(r"^.*(?:\.\./|^)((?:device|base|deps|tests|crypto|formats|challenge)/[^:]*).*", r"\1", line) for line in output.splitlines()]
