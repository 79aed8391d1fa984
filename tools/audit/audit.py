#!/usr/bin/env python3
"""Compares every linked image of build/device with what declares it, and fails on any reach that is not declared.

    audit.py [--build FOLDER]"""
import argparse
import ipaddress
import pathlib
import re
import struct
import sys
import tomllib

from constants import addresses_in
from elf import EXECUTE, WRITE, Elf

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALIGNMENT = 32
APP_FIRST, COUNT_MAX, PERIPHERAL_MAX = 8, 12, 4
NO_INTERRUPT = 0xFFFFFFFF
# struct system_header and struct system_compartment, device/abi/system_table.h.
TABLE_MAGIC, TABLE_LAYOUT = 0x54535953, 3
HEADER = struct.Struct("<5I")
ENDPOINT = struct.Struct("<2BHI")
ENDPOINT_KINDS = {"tls": 1, "plain": 2, "listen": 3}
ENTRY = struct.Struct("<16s21I8I")
ENTRY_FIELDS = ("number code code_size ram ram_size stack priority interrupt calls accepts monitor_calls restart_delay_ms "
                "restart_delay_max_ms restart_limit restart_window_ms restart_state budget_us period_ms over_budget "
                "deadline_ms answer_ms").split()
# What is at an address on this board: memory, devices (both aliases), the processor's own. The rest are numbers.
MEMORIES = [(0x10000000, 0x9000), (0x20000000, 0x20000), (0x28000000, 0x80000), (0x30000000, 0x20000),
            (0x38000000, 0x80000), (0x60000000, 0x800000), (0x70000000, 0x800000)]
DEVICES = [(base + alias, size) for alias in (0, 0x10000000) for base, size in
           ((0x40000000, 0x4000), (0x40020000, 0x10000), (0x40080000, 0x7000), (0x41080000, 0x4000), (0x41100000, 0x4000),
            (0x41200000, 0x9000), (0x41300000, 0x10000), (0x41400000, 0x200000), (0x48007000, 0x3000))]
PROCESSOR = [(0xE0000000, 0x100000)]
PRIVILEGED = {"cpsid", "cpsie", "msr", "mrs", "sg", "bxns", "blxns", "svc"}
LIBRARIES = {"LzmaDec.h": "7zip"} # headers of layers.txt that are not called as their folder in deps
RUNTIME = "device/runtime/armv8m/"
PERIPHERALS = {"ethernet": "MEMORY_ETHERNET_BASE", "fpgaio": "MEMORY_FPGAIO_BASE",
               "i2c_shield0": "MEMORY_I2C_SHIELD0_BASE", "i2c_shield1": "MEMORY_I2C_SHIELD1_BASE"}
INTERRUPTS = {"ethernet": "MEMORY_ETHERNET_IRQ"}


def inside(address, ranges):
    return any(base <= address < base + size for base, size in ranges)


def aligned(value):
    return (value + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def constants():
    text = (ROOT / "device/abi/memory_map.h").read_text()
    return {name: int(value, 0) for name, value in re.findall(r"^#define (MEMORY_\w+) (0x[0-9A-F]+|\d+)$", text, re.M)}


def monitor_calls():
    text = (ROOT / "device/abi/monitor_call.h").read_text()
    return {name.lower(): int(number) for name, number in re.findall(r"MONITOR_CALL_(\w+) = (\d+)", text)}


def read_toml(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


KNOWN = constants()
CALLS = monitor_calls()
TRUSTED = read_toml(pathlib.Path(__file__).with_name("images.toml"))


def is_address(value):
    return inside(value, MEMORIES) or (value % 4 == 0 and inside(value, DEVICES + PROCESSOR))


def check_reach(elf, instructions, allowed, numbers):
    """The end of a range, one past it, is its own as well."""
    closed = [(base, size + 1) for base, size in allowed]
    for where, value in sorted(set(addresses_in(elf, instructions))):
        if is_address(value) and not inside(value, closed) and value not in numbers:
            yield f"{where:#x} uses {value:#x}, which it did not declare"


def check_data(elf, allowed, pages):
    """Constant data that hold the address of something that is not the program's own."""
    for section in elf.loaded:
        for offset in range(0, len(section.data) - 3, 4):
            value, = struct.unpack_from("<I", section.data, offset)
            if inside(value, pages) and not inside(value, allowed):
                yield f"{section.name} at {section.address + offset:#x} holds {value:#x}, which it did not declare"


def check_sections(elf, code, ram):
    for section in elf.loaded:
        writable, executable = section.flags & WRITE, section.flags & EXECUTE
        if writable and executable:
            yield f"section {section.name} is writable and executable"
        base, size = ram if writable else code
        if not (base <= section.address and section.address + section.size <= base + size):
            yield f"section {section.name} at {section.address:#x} lies outside {base:#x}, {size:#x} bytes"


def check_undefined(elf):
    for name, address in elf.symbols.items():
        if address is None:
            yield f"{name} is not defined"


def check_instructions(instructions, allowed):
    for each in instructions:
        if each.name in PRIVILEGED - allowed:
            yield f"{each.address:#x} in {each.function}: {each.name} {each.operands}"


def layers():
    """{folder: folders it may include}, {library: folders that may use it}, of layers.txt."""
    folders, libraries = {}, {}
    for line in (ROOT / "layers.txt").read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if match := re.match(r"<(\S+?)/?>\s*<-\s*(.*)", line):
            libraries[match[1]] = [name.strip() for name in match[2].split(",")]
        elif match := re.match(r"(\S+)\s*->\s*(.*)", line):
            folders[match[1]] = [name.strip() for name in match[2].split(",") if name.strip()]
    return folders, libraries


def allowed_folders(own):
    """What a program of this folder may contain: what the source may include, and what that includes."""
    folders, libraries = layers()
    found, waiting = {own}, [next(name for name in (own, str(pathlib.Path(own).parent)) if name in folders)]
    while waiting:
        for name in folders.get(waiting.pop(), []):
            if name not in found and name != "device/systems":  # generated headers, no code
                found.add(name)
                waiting.append(name)
    if "crypto" in found:
        found.add("crypto/mbedtls")
    for header, users in libraries.items():
        library = LIBRARIES.get(header, header)
        used = any(user == folder or user.startswith(folder + "/") for user in users for folder in found)
        if used and (ROOT / "deps" / library).is_dir():
            found.add(f"deps/{library}")
    return found


def check_sources(elf):
    sources = elf.sources()
    own = sorted({str(pathlib.Path(name).parent) for name in sources
                  if name.startswith(("device/compartments/", "device/apps/"))})
    if len(own) != 1:
        yield f"its own code comes from {', '.join(own) or 'nowhere'}; one folder was expected"
        return
    allowed = allowed_folders(own[0])
    for name in sorted(sources):
        if not any(name.startswith(folder + "/") for folder in allowed) and not pathlib.Path(name).is_absolute():
            yield f"contains {name}, which its folder may not include"


WRITES_R0 = re.compile(r"^r0\b|^\{r0\b")
NO_RESULT = ("cmp", "cmn", "tst", "teq", "str", "strb", "strh", "strd", "stmia", "push", "b", "bl", "it", "ite", "itt", "nop",
             "cbz", "cbnz")


def number_before(instructions, place):
    """What r0 holds at a call: a number, "given" if it is the function's own first argument, or None: who knows."""
    for before in reversed(instructions[:place]):
        if before.function != instructions[place].function:
            return "given"
        if before.name in ("bl", "blx"):
            return None
        if WRITES_R0.match(before.operands) and not before.name.startswith(NO_RESULT):
            match = re.match(r"r0, #(\d+)$", before.operands)
            return int(match[1]) if match and before.name in ("movs", "mov", "movw") else None
    return "given"


def numbers_of_calls(instructions, function):
    """(where, number) of every call of function, through functions that hand on their first argument as well; number None:
    it cannot be read off."""
    waiting, seen = [function], {function}
    while waiting:
        callee = waiting.pop()
        for place, each in enumerate(instructions):
            if each.name not in ("bl", "b") or not each.operands.endswith(f"<{callee}>"):
                continue
            number = number_before(instructions, place)
            if number != "given":
                yield each.address, number
            elif each.function not in seen:
                seen.add(each.function)
                waiting.append(each.function)


def check_calls(instructions, function, allowed, names):
    for where, number in numbers_of_calls(instructions, function):
        if number is None:
            yield f"{where:#x}: the number given to {function} cannot be read off"
        elif number not in allowed:
            yield f"{where:#x}: {function}({names.get(number, number)}), which it did not declare"


def check_supervisor_calls(elf, instructions):
    calls = [each for each in instructions if each.name == "svc"]
    for each, source in zip(calls, elf.sources_of([each.address for each in calls])):
        if not source.startswith(RUNTIME):
            yield f"{each.address:#x} in {each.function}: a supervisor call outside the runtime ({source})"
        if each.operands not in ("0", "#0"):
            yield f"{each.address:#x} in {each.function}: supervisor call {each.operands}; the kernel knows 0 alone"


def read_table(image, offset):
    """{name: entry} and the endpoints of the table in an image."""
    magic, layout, count, endpoint_count, _ = HEADER.unpack_from(image, offset)
    if (magic, layout) != (TABLE_MAGIC, TABLE_LAYOUT):
        raise SystemExit(f"audit: no table of layout {TABLE_LAYOUT} in the image")
    entries = {}
    for index in range(count):
        name, *values = ENTRY.unpack_from(image, offset + HEADER.size + index * ENTRY.size)
        entry = dict(zip(ENTRY_FIELDS, values))
        rest = values[len(ENTRY_FIELDS):]
        entry["peripherals"] = [(rest[n], rest[n + 1]) for n in range(0, len(rest), 2) if rest[n + 1]]
        entries[name.rstrip(b"\0").decode()] = entry
    place = offset + HEADER.size + count * ENTRY.size
    return entries, {ENDPOINT.unpack_from(image, place + index * ENDPOINT.size) for index in range(endpoint_count)}


def declared_endpoints(system):
    found = set()
    for compartment in system["compartment"]:
        for each in compartment.get("endpoints", []):
            kind = ENDPOINT_KINDS["plain" if each.get("plain", False) else "tls"]
            found.add((compartment["number"], kind, each["port"], int(ipaddress.IPv4Address(each["host"]))))
        found |= {(compartment["number"], ENDPOINT_KINDS["listen"], port, 0) for port in compartment.get("listens", [])}
    return found


def mask(names, numbers):
    apps = sum(1 << number for number in range(APP_FIRST, COUNT_MAX))
    return sum(apps if name == "app" else 1 << numbers[name] for name in set(names))


def declared_entry(declared, numbers):
    """What the table must say, from the system file alone."""
    restart, budget = declared.get("restart", {}), declared.get("budget", {})
    network = ["net"] if declared.get("endpoints") or declared.get("listens") else []
    return {
        "number": declared["number"], "stack": declared["stack"], "priority": declared["priority"],
        "interrupt": KNOWN[INTERRUPTS[declared["interrupt"]]] if "interrupt" in declared else NO_INTERRUPT,
        "calls": mask(declared.get("calls", []) + network, numbers), "accepts": mask(declared.get("accepts", []), numbers),
        "monitor_calls": sum(1 << CALLS[name] for name in declared.get("monitor_calls", [])),
        "restart_delay_ms": restart.get("delay_ms", 100), "restart_delay_max_ms": restart.get("delay_max_ms", 30000),
        "restart_limit": restart.get("limit", 0), "restart_window_ms": restart.get("window_ms", 60000),
        "restart_state": {"fresh": 0, "keep": 1}[restart.get("state", "fresh")],
        "budget_us": round(budget.get("ms", 10) * 1000), "period_ms": budget.get("period_ms", 100),
        "over_budget": {"wait": 0, "background": 1, "fault": 2}[budget.get("over", "background")],
        "deadline_ms": declared.get("deadline_ms", 0), "answer_ms": declared.get("answer_ms", 0),
        "peripherals": [(KNOWN[PERIPHERALS[name]], 0x1000) for name in declared.get("peripherals", [])],
    }


def check_table(elf, declared, entry, numbers):
    for field, value in declared_entry(declared, numbers).items():
        if entry[field] != value:
            yield f"the table says {field} {entry[field]}, the system file {value}"
    code_end, ram_end = elf.symbols["compartment_code_end"], elf.symbols["compartment_ram_end"]
    if entry["code_size"] != aligned(code_end) - entry["code"]:
        yield f"the table gives {entry['code_size']} bytes of code, the program has {code_end - entry['code']}"
    if entry["ram_size"] != aligned(ram_end) - entry["ram"]:
        yield f"the table gives {entry['ram_size']} bytes of memory, the program has {ram_end - entry['ram']}"


def check_bytes(elf, image, image_base):
    """The image holds what was linked, so that what is said of the one holds for the other."""
    load = elf.symbols["compartment_data_load"]
    for section in elf.loaded:
        place = load if section.flags & WRITE else section.address
        part = image[place - image_base:place - image_base + len(section.data)]
        if section.data and part != section.data:
            yield f"section {section.name} is not what stands in the image"


def audit_compartment(elf, declared, entry, numbers, image, image_base):
    instructions = elf.instructions()
    code, ram = (entry["code"], entry["code_size"]), (entry["ram"], entry["ram_size"])
    allowed = [code, ram, *((KNOWN[PERIPHERALS[name]], 0x1000) for name in declared.get("peripherals", []))]
    pages = [(KNOWN[name], 0x1000) for name in KNOWN if name.endswith("_BASE") and KNOWN[name] >= 0x40000000 and
             not name.startswith(("MEMORY_FLASH", "MEMORY_SECURE"))]
    names = {number: name for name, number in CALLS.items()}
    calls = {numbers[name] for name in declared.get("calls", []) if name in numbers}
    calls |= {numbers["net"]} if declared.get("endpoints") or declared.get("listens") else set()
    yield from check_table(elf, declared, entry, numbers)
    yield from check_bytes(elf, image, image_base)
    yield from check_sections(elf, code, ram)
    yield from check_undefined(elf)
    yield from check_reach(elf, instructions, allowed, TRUSTED["compartments"]["numbers"])
    yield from check_data(elf, allowed, pages)
    yield from check_instructions(instructions, {"svc"})
    yield from check_supervisor_calls(elf, instructions)
    yield from check_calls(instructions, "runtime_monitor", {CALLS[n] for n in declared.get("monitor_calls", [])}, names)
    yield from check_calls(instructions, "runtime_call", calls, {n: name for name, n in numbers.items()})
    yield from check_sources(elf)


def audit_system(path, image_path, also=()):
    """{compartment: findings} of one image."""
    system = read_toml(path)
    numbers = {c["name"]: c["number"] for each in [*also, path] for c in read_toml(each)["compartment"]}
    image = image_path.read_bytes()
    base = system["image"] == "base"
    image_base = KNOWN["MEMORY_BASE_IMAGE_BASE" if base else "MEMORY_APP_IMAGE_BASE"]
    table, endpoints = read_table(image, KNOWN["MEMORY_KERNEL_IMAGE_SIZE"] if base else 0)
    declared = {c["name"]: c for c in system["compartment"]}
    findings = {"table": [f"{name} is in one of table and system file" for name in set(table) ^ set(declared)]}
    findings["table"] += [f"endpoint {each} is in one of table and system file"
                          for each in sorted(endpoints ^ declared_endpoints(system))]
    for name in sorted(declared.keys() & table.keys()):
        elf = Elf(image_path.with_suffix(".d") / f"{name}.elf")
        findings[name] = list(audit_compartment(elf, declared[name], table[name], numbers, image, image_base))
    return findings


def number_of(value):
    return KNOWN[value] if isinstance(value, str) else value


def audit_trusted(rules, build):
    elf = Elf(build / rules["elf"])
    instructions = elf.instructions()
    code, ram, *reaches = [tuple(map(number_of, pair)) for pair in (rules["code"], rules["ram"], *rules["reaches"])]
    yield from check_sections(elf, code, ram)
    yield from check_undefined(elf)
    yield from check_reach(elf, instructions, [code, ram, *reaches], rules.get("numbers", []))
    yield from check_instructions(instructions, set(rules["instructions"]))
    for source in sorted(elf.sources()):
        if not source.startswith(tuple(folder + "/" for folder in rules["sources"])):
            yield f"contains {source}"


def audit_build(build):
    """{image or compartment: findings} of everything that the device is made of."""
    findings = {}
    for name, rules in TRUSTED.items():
        if name != "compartments":
            findings[name] = list(audit_trusted(rules, build))
    systems = ROOT / "device/systems"
    for path in sorted(systems.glob("*.toml")):
        image = build / "device/systems" / f"{path.stem}.bin"
        also = [] if path.stem == "base" else [systems / "base.toml"]
        for name, found in audit_system(path, image, also).items():
            findings[f"{path.stem}: {name}"] = found
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/device")
    findings = audit_build(parser.parse_args().build)
    for name, found in findings.items():
        for finding in found:
            print(f"{name}: {finding}")
    count = sum(map(len, findings.values()))
    print(f"  audit: {len(findings)} programs and tables, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
