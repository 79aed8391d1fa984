#!/usr/bin/env python3
"""Makes an image from a system file: links each compartment at addresses of its own, writes the table for the kernel.

    compose.py programs SYSTEM                  names of the programs that the system links
    compose.py header SYSTEM --out FILE         numbers of its compartments, for C
    compose.py image SYSTEM --out FILE ...      the image: kernel (base only), table, compartments

See README.md for the system file."""
import argparse
import ipaddress
import json
import math
import pathlib
import re
import struct
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALIGNMENT = 32
COUNT_MAX = 12
APP_FIRST = 8
PERIPHERAL_COUNT_MAX = 4
NO_INTERRUPT = 0xFFFFFFFF
MAGIC, LAYOUT = 0x54535953, 3
HEADER = struct.Struct("<5I")
ENDPOINT = struct.Struct("<BBHI")
ENDPOINT_TLS, ENDPOINT_PLAIN, ENDPOINT_LISTEN = 1, 2, 3
ENDPOINT_COUNT_MAX = 16
COMPARTMENT = struct.Struct("<16s21I" + "2I" * PERIPHERAL_COUNT_MAX)
PERIPHERALS = {"ethernet": "MEMORY_ETHERNET_BASE", "fpgaio": "MEMORY_FPGAIO_BASE",
               "i2c_shield0": "MEMORY_I2C_SHIELD0_BASE", "i2c_shield1": "MEMORY_I2C_SHIELD1_BASE"}
INTERRUPTS = {"ethernet": "MEMORY_ETHERNET_IRQ"}
FIELDS = {"name", "number", "program", "priority", "stack", "heap", "interrupt", "peripherals", "calls", "accepts",
          "monitor_calls", "endpoints", "listens", "restart", "link_args", "budget", "deadline_ms", "answer_ms"}
OVER_BUDGET = {"wait": 0, "background": 1, "fault": 2}
RESTART_STATE = {"fresh": 0, "keep": 1}
RESTART_DEFAULT = {"delay_ms": 100, "delay_max_ms": 30000, "limit": 0, "window_ms": 60000, "state": "fresh"}
BUDGET_DEFAULT = {"ms": 10, "period_ms": 100, "over": "background"}


class SystemFileError(Exception):
    """The system file says something that cannot be."""


def constants():
    text = (ROOT / "device/abi/memory_map.h").read_text()
    return {name: int(value, 0) for name, value in re.findall(r"^#define (MEMORY_\w+) (0x[0-9A-F]+|[0-9]+)$", text, re.M)}


def monitor_calls():
    text = (ROOT / "device/abi/monitor_call.h").read_text()
    return {name.lower(): int(value) for name, value in re.findall(r"MONITOR_CALL_(\w+) = (\d+)", text)}


def read_system(path):
    with open(path, "rb") as file:
        system = tomllib.load(file)
    for compartment in system["compartment"]:
        name = compartment.get("name", "?")
        unknown = set(compartment) - FIELDS
        if unknown:
            raise SystemFileError(f"{path}: {name}: unknown field {', '.join(sorted(unknown))}")
        for field in ("name", "number", "priority", "stack"):
            if field not in compartment:
                raise SystemFileError(f"{path}: {name}: '{field}' is missing")
        low, high = (0, APP_FIRST) if system["image"] == "base" else (APP_FIRST, COUNT_MAX)
        if not low <= compartment["number"] < high:
            raise SystemFileError(f"{path}: {name}: numbers of this image are {low} to {high - 1}")
    return system


def endpoints(system):
    """What the image's compartments may reach of the network, as the table has it."""
    packed = []
    for compartment in system["compartment"]:
        number = compartment["number"]
        for endpoint in compartment.get("endpoints", []):
            unknown = set(endpoint) - {"host", "port", "plain"}
            if unknown:
                raise SystemFileError(f"{compartment['name']}: unknown in an endpoint: {', '.join(sorted(unknown))}")
            kind = ENDPOINT_PLAIN if endpoint.get("plain", False) else ENDPOINT_TLS
            address = int(ipaddress.IPv4Address(endpoint["host"]))
            packed.append(ENDPOINT.pack(number, kind, endpoint["port"], address))
        packed += [ENDPOINT.pack(number, ENDPOINT_LISTEN, port, 0) for port in compartment.get("listens", [])]
    if len(packed) > ENDPOINT_COUNT_MAX:
        raise SystemFileError(f"{len(packed)} endpoints and ports; an image may have {ENDPOINT_COUNT_MAX}")
    return b"".join(packed)


def called(compartment):
    """Whom it may call. Whoever reaches for the network asks net."""
    network = ["net"] if compartment.get("endpoints") or compartment.get("listens") else []
    return compartment.get("calls", []) + network


def align(value):
    return (value + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def mask(names, numbers):
    bits = 0
    for name in names:
        if name == "app":
            bits |= ((1 << COUNT_MAX) - 1) & ~((1 << APP_FIRST) - 1)
        elif name in numbers:
            bits |= 1 << numbers[name]
        else:
            raise SystemFileError(f"'{name}' is not known here; known: {', '.join(sorted(numbers))}")
    return bits


def filled(compartment, field, default):
    """A table of the compartment with what it leaves open filled in."""
    given = compartment.get(field, {})
    unknown = set(given) - set(default)
    if unknown:
        raise SystemFileError(f"{compartment['name']}: {field}: unknown field {', '.join(sorted(unknown))}")
    return {**default, **given}


def choice(word, known):
    if word not in known:
        raise SystemFileError(f"'{word}' is not known here; known: {', '.join(known)}")
    return known[word]


def address_symbol(symbol):
    """NAME=VALUE for the linker; VALUE may start with a name of memory_map.h: MEMORY_MAILBOX_BASE+0x10."""
    name, value = symbol.split("=", 1)
    known = constants()
    return f"{name}={sum(known[part] if part in known else int(part, 0) for part in value.split('+')):#x}"


class Linker:
    """Links one compartment at given addresses and measures it."""

    def __init__(self, arguments, folder):
        self.compiler, self.script, self.folder = arguments.cc, arguments.script, folder
        self.symbols = [address_symbol(symbol) for symbol in arguments.symbol]
        self.kept = arguments.keep
        self.common = arguments.library
        self.libraries = dict(item.split("=", 1) for item in arguments.program)

    def link(self, compartment, code_base, ram_base):
        program = compartment.get("program", compartment["name"])
        elf = self.folder / (compartment["name"] + ".elf")
        symbols = {"CODE_BASE": code_base, "RAM_BASE": ram_base, "STACK_SIZE": compartment["stack"],
                   "HEAP_SIZE": compartment.get("heap", 0)}
        command = [self.compiler, "-mcpu=cortex-m33+nofp", "-mthumb", "-mfloat-abi=soft", "-nostartfiles", "-nostdlib",
                   "-Wl,--gc-sections", "-Wl,--fatal-warnings", "-Wl,--no-warn-rwx-segments", "-T", self.script]
        command += [f"-Wl,--defsym={name}={value:#x}" for name, value in symbols.items()]
        command += [f"-Wl,--defsym={symbol}" for symbol in self.symbols]
        command += compartment.get("link_args", []) + [f"-Wl,-u,{symbol}" for symbol in self.kept]
        command += ["-Wl,--start-group", *self.libraries[program].split(","), *self.common,
                    "-Wl,--end-group", "-lgcc",
                    f"-Wl,-Map={elf}.map", "-o", str(elf)]
        subprocess.run(command, check=True)
        return elf, self.measure(elf)

    @staticmethod
    def measure(elf):
        output = subprocess.check_output(["arm-none-eabi-nm", str(elf)], text=True)
        symbols = {parts[2]: int(parts[0], 16) for parts in map(str.split, output.splitlines()) if len(parts) == 3}
        if symbols["compartment_start"] & ~1 != symbols_base(elf):
            raise SystemFileError(f"{elf}: compartment_start does not stand first")
        return symbols["compartment_code_end"], symbols["compartment_ram_end"]


def symbols_base(elf):
    output = subprocess.check_output(["arm-none-eabi-objdump", "-h", "-j", ".text", str(elf)], text=True)
    return int(re.search(r"\.text\s+\w+\s+(\w+)", output).group(1), 16)


def binary(elf):
    out = elf.with_suffix(".bin")
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", str(elf), str(out)], check=True)
    return out.read_bytes()


def table(system, ranges, numbers):
    known = constants()
    calls = monitor_calls()
    entries = b""
    for compartment in system["compartment"]:
        code, ram = ranges[compartment["name"]]
        peripherals = []
        for name in compartment.get("peripherals", []):
            peripherals += [known[PERIPHERALS[name]], 0x1000]
        peripherals += [0] * (2 * PERIPHERAL_COUNT_MAX - len(peripherals))
        interrupt = compartment.get("interrupt")
        restart = filled(compartment, "restart", RESTART_DEFAULT)
        budget = filled(compartment, "budget", BUDGET_DEFAULT)
        entries += COMPARTMENT.pack(
            compartment["name"].encode()[:15], compartment["number"], *code, *ram, compartment["stack"],
            compartment["priority"], known[INTERRUPTS[interrupt]] if interrupt else NO_INTERRUPT,
            mask(called(compartment), numbers), mask(compartment.get("accepts", []), numbers),
            mask(compartment.get("monitor_calls", []), calls), restart["delay_ms"],
            restart["delay_max_ms"], restart["limit"], restart["window_ms"],
            choice(restart["state"], RESTART_STATE), round(budget["ms"] * 1000), budget["period_ms"],
            choice(budget["over"], OVER_BUDGET), compartment.get("deadline_ms", 0), compartment.get("answer_ms", 0),
            *peripherals)
    network = endpoints(system)
    return HEADER.pack(MAGIC, LAYOUT, len(system["compartment"]), len(network) // ENDPOINT.size,
                       HEADER.size + len(entries) + len(network)) + entries + network


def areas(system):
    known = constants()
    if system["image"] == "base":
        kernel, kernel_ram = known["MEMORY_KERNEL_IMAGE_SIZE"], known["MEMORY_KERNEL_RAM_SIZE"]
        return ((known["MEMORY_BASE_IMAGE_BASE"] + kernel, known["MEMORY_BASE_IMAGE_SIZE"] - kernel),
                (known["MEMORY_BASE_RAM_BASE"] + kernel_ram, known["MEMORY_BASE_RAM_SIZE"] - kernel_ram))
    return ((known["MEMORY_APP_IMAGE_BASE"], known["MEMORY_APP_IMAGE_SIZE"]),
            (known["MEMORY_APP_RAM_BASE"], known["MEMORY_APP_RAM_SIZE"]))


def check_shares(system):
    """The kernel refuses the table otherwise; here a person is told why."""
    limit = 450 if system["image"] == "base" else 500
    shares = {}
    for compartment in system["compartment"]:
        budget = filled(compartment, "budget", BUDGET_DEFAULT)
        shares[compartment["name"]] = math.ceil(round(budget["ms"] * 1000) / budget["period_ms"])
    if sum(shares.values()) > limit:
        each = ", ".join(f"{name} {share / 10:g} %" for name, share in shares.items())
        raise SystemFileError(f"the compartments of this image may use {limit / 10:g} % of the processor together: {each}")


def command_image(arguments):
    system = read_system(arguments.system)
    check_shares(system)
    numbers = {c["name"]: c["number"] for path in arguments.also + [arguments.system]
               for c in read_system(path)["compartment"]}
    out = pathlib.Path(arguments.out)
    folder = out.with_suffix(".d")
    folder.mkdir(exist_ok=True)
    linker = Linker(arguments, folder)
    (code, code_size), (ram, ram_size) = areas(system)
    code_limit, ram_limit = code + code_size, ram + ram_size
    image_base = code
    code = align(code + HEADER.size + COMPARTMENT.size * len(system["compartment"]) + len(endpoints(system)))
    ranges, parts, report = {}, [], {}
    for compartment in system["compartment"]:
        elf, (code_end, ram_end) = linker.link(compartment, code, ram)
        ranges[compartment["name"]] = ((code, align(code_end) - code), (ram, align(ram_end) - ram))
        parts.append((code - image_base, binary(elf)))
        report[compartment["name"]] = {"code": code, "code_size": code_end - code, "ram": ram,
                                       "ram_size": ram_end - ram, "stack": compartment["stack"]}
        code, ram = align(code_end), align(ram_end)
    if code > code_limit or ram > ram_limit:
        raise SystemFileError(f"{arguments.system}: image of {code - image_base} bytes and RAM of {ram - areas(system)[1][0]} "
                           f"bytes do not fit {code_size} and {ram_size}")
    image = bytearray(code - image_base)
    described = table(system, ranges, numbers)
    image[:len(described)] = described
    for offset, data in parts:
        image[offset:offset + len(data)] = data
    if system["image"] == "base":
        kernel = pathlib.Path(arguments.kernel).read_bytes()
        image = kernel.ljust(constants()["MEMORY_KERNEL_IMAGE_SIZE"], b"\0") + image
    out.write_bytes(image)
    (folder / "layout.json").write_text(json.dumps(report, indent=1))


def command_header(arguments):
    guard = "DEVICE_SYSTEMS_" + re.sub(r"\W", "_", pathlib.Path(arguments.out).name).upper()
    lines = ["/* Made by device/systems/compose.py: numbers of the compartments of a system. */",
             f"#ifndef {guard}", f"#define {guard}", ""]
    for compartment in read_system(arguments.system)["compartment"]:
        lines.append(f"#define SYSTEM_COMPARTMENT_{compartment['name'].upper()} {compartment['number']}u")
    write_if_changed(arguments.out, "\n".join(lines + ["", "#endif", ""]))


def write_if_changed(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def command_programs(arguments):
    print("\n".join(c.get("program", c["name"]) for c in read_system(arguments.system)["compartment"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, function in (("programs", command_programs), ("header", command_header), ("image", command_image)):
        command = commands.add_parser(name)
        command.add_argument("system")
        command.set_defaults(function=function)
        if name != "programs":
            command.add_argument("--out", required=True)
    command.add_argument("--also", action="append", default=[], help="system file whose compartments may be named")
    command.add_argument("--kernel", help="kernel.bin, for a base image")
    command.add_argument("--program", action="append", default=[], help="NAME=LIBRARY,LIBRARY...")
    command.add_argument("--symbol", action="append", default=[], help="NAME=VALUE, for every compartment's linker")
    command.add_argument("--library", action="append", default=[], help="library for every compartment")
    command.add_argument("--keep", action="append", default=[], help="symbol that every compartment links")
    command.add_argument("--cc", default="arm-none-eabi-gcc")
    command.add_argument("--script", default=str(ROOT / "device/runtime/armv8m/compartment.ld"))
    arguments = parser.parse_args()
    try:
        arguments.function(arguments)
    except (SystemFileError, KeyError, subprocess.CalledProcessError) as error:
        sys.exit(f"compose.py: {error}")


if __name__ == "__main__":
    main()
