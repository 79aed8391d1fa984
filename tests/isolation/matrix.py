"""Who reaches what: every compartment of a device against everything there is, derived from the system files and tried on
the board with the product's own compartments and kernel. A new compartment or app is covered without a new test.

    python3 -m tests.isolation.matrix [--system APP]"""
import argparse
import dataclasses
import importlib.util
import ipaddress
import json
import pathlib
import struct
import tempfile
import time

from tests.isolation.isolation import IMAGES, ROOT, board, wait_until
from tests.support.gdb import symbols

SYSTEMS = ROOT / "device/systems"
READ, WRITE, EXECUTE, CALL, MONITOR, CONNECT, LISTEN, KERNEL = range(8)
PLAN_SIZE = 0x6000
HEAD, TRY = struct.Struct("<14I"), struct.Struct("<2BH2I")  # struct matrix_plan, struct matrix_try
EXIT, DONE = 0x80000000, 1
# struct error's code of a refusal, low half: KERNEL_NOT_DECLARED, NET_NOT_DECLARED.
REFUSED = {0x0D02, 0x0E01}
KERNEL_CALL_IRQ_DONE, KERNEL_CALL_ENDPOINT, KERNEL_CALL_REFUSED = 9, 10, 11
KERNEL_CALL_UNKNOWN, NO_SUCH_CALL = 99, 0x0D01
UNDECLARED_HOST, UNDECLARED_PORT = "10.0.2.2", 22
# Where a page may be read and written without doing anything; the Ethernet controller's FIFO_INT.
HARMLESS = {"ethernet": 0x68}
ICOUNT = 1


def load_compose():
    spec = importlib.util.spec_from_file_location("compose", SYSTEMS / "compose.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compose = load_compose()
KNOWN = compose.constants()


@dataclasses.dataclass
class Compartment:
    """One of the device's, as its system file declares it and as the image was laid out."""
    name: str
    number: int
    declared: dict
    layout: dict
    probe: dict


@dataclasses.dataclass
class Try:
    """One try. allowed: it must work; "refused": it must be refused by an error; "fault": it must be a fault."""
    who: Compartment
    resource: str
    letter: str
    operation: int
    argument: int
    second: int
    expected: str
    cause: int = 0

    def as_expected(self):
        return self.expected == self.outcome()

    def outcome(self):
        if not self.cause & EXIT:
            return "fault"
        code = self.cause & ~EXIT
        if self.operation <= EXECUTE:
            return "allowed" if code == DONE else f"error {code:#x}"
        if self.operation == KERNEL and code == NO_SUCH_CALL:
            return "refused"
        return "refused" if code in REFUSED else "allowed"


def compartments_of(app):
    found = []
    for name in ["base"] + ([app] if app else []):
        folder = IMAGES / f"matrix_{name}.d"
        layout = json.loads((folder / "layout.json").read_text())
        for declared in compose.read_system(SYSTEMS / f"{name}.toml")["compartment"]:
            elf = symbols(folder / f"{declared['name']}.elf")
            found.append(Compartment(declared["name"], declared["number"], declared, layout[declared["name"]], elf))
    return found


def memory_places(compartments):
    """(name, address, {compartment's name: rights}) of all that can be addressed, by who may what there."""
    for owner in compartments:
        layout = owner.layout
        code_end = layout["code"] + compose.align(layout["code_size"])
        ram_end = layout["ram"] + compose.align(layout["ram_size"])
        for place, address in (("first", layout["code"]), ("middle", (layout["code"] + code_end) // 8 * 4),
                               ("last", code_end - 4)):
            yield f"{owner.name}: code, {place}", address, {owner.name: "r"}
        for place, address in (("first", layout["ram"]), ("middle", (layout["ram"] + ram_end) // 8 * 4),
                               ("last", ram_end - 4)):
            yield f"{owner.name}: memory, {place}", address, {owner.name: "rw"}
    for kind, first, size in (("code", "BASE_IMAGE", "KERNEL_IMAGE"), ("memory", "BASE_RAM", "KERNEL_RAM")):
        base, end = KNOWN[f"MEMORY_{first}_BASE"], KNOWN[f"MEMORY_{first}_BASE"] + KNOWN[f"MEMORY_{size}_SIZE"]
        yield f"kernel: {kind}, first", base, {}
        yield f"kernel: {kind}, last", end - 4, {}
    for name in ("MAILBOX", "APP_IMAGE", "MONITOR_IMAGE", "MONITOR_VENEER", "MONITOR_RAM", "HANDOFF", "ROM", "FUSES",
                 "SECRETS", "FLASH", "WATCHDOG", "TIMER0", "UART0", "UART1"):
        yield name.lower().replace("_", " "), KNOWN[f"MEMORY_{name}_BASE"], {}
    yield "base table", KNOWN["MEMORY_BASE_IMAGE_BASE"] + KNOWN["MEMORY_KERNEL_IMAGE_SIZE"], {}
    yield "app memory, last", KNOWN["MEMORY_APP_RAM_BASE"] + KNOWN["MEMORY_APP_RAM_SIZE"] - 4, {}
    yield "flash, other alias", KNOWN["MEMORY_FLASH_BASE"] - KNOWN["MEMORY_SECURE_ALIAS"], {}
    yield "watchdog, other alias", KNOWN["MEMORY_WATCHDOG_BASE"] - KNOWN["MEMORY_SECURE_ALIAS"], {}
    for name, address in (("mpu", 0xE000ED94), ("interrupts", 0xE000E100), ("tick", 0xE000E010), ("reset", 0xE000ED0C),
                          ("sau", 0xE000EDD0), ("nothing", 0x00000000), ("nothing, high", 0xA0000000)):
        yield f"system: {name}" if not name.startswith("nothing") else name, address, {}
    for name, constant in compose.PERIPHERALS.items():
        owners = {c.name: "rw" for c in compartments if name in c.declared.get("peripherals", [])}
        yield f"peripheral: {name}", KNOWN[constant] + HARMLESS.get(name, 0), owners


def memory_tries(who, compartments):
    for resource, address, owners in memory_places(compartments):
        rights = owners.get(who.name, "")
        for letter, operation in (("r", READ), ("w", WRITE), ("x", EXECUTE)):
            if letter == "x" and resource.startswith(f"{who.name}: code"):
                continue  # its own code runs; one place of it, that ends the try, is tried below
            yield Try(who, resource, letter, operation, address, 0, "allowed" if letter in rights else "fault")
    yield Try(who, f"{who.name}: code, first", "x", EXECUTE, who.probe["matrix_leave"], 0, "allowed")


def may_call(caller, target, compartments):
    numbers = {c.name: c.number for c in compartments}
    calls = compose.called(caller.declared)
    accepts = compose.mask(target.declared.get("accepts", []), numbers)
    return target.name in calls and accepts >> caller.number & 1 == 1


def call_tries(who, compartments):
    present = {c.number: c for c in compartments}
    for number in range(compose.COUNT_MAX + 1):
        target = present.get(number)
        good = target is not None and may_call(who, target, compartments)
        yield Try(who, f"call: {target.name if target else number}", "c", CALL, number, 0, "allowed" if good else "refused")
    declared = {compose.monitor_calls()[name] for name in who.declared.get("monitor_calls", [])}
    names = {number: name for name, number in compose.monitor_calls().items()}
    for number in range(34):
        yield Try(who, f"monitor: {names.get(number, number)}", "c", MONITOR, number, 0,
                  "allowed" if number in declared else "refused")
    yield Try(who, "kernel: interrupt", "c", KERNEL, KERNEL_CALL_IRQ_DONE, 0,
              "allowed" if "interrupt" in who.declared else "refused")
    for name, number in (("endpoints", KERNEL_CALL_ENDPOINT), ("refused", KERNEL_CALL_REFUSED)):
        yield Try(who, f"kernel: {name}", "c", KERNEL, number, 0,
                  "allowed" if who.number < compose.APP_FIRST else "refused")
    yield Try(who, "kernel: unknown", "c", KERNEL, KERNEL_CALL_UNKNOWN, 0, "refused")


def network_tries(who, compartments):
    everything = {(e["host"], e["port"]) for c in compartments for e in c.declared.get("endpoints", [])}
    own = {(e["host"], e["port"]) for e in who.declared.get("endpoints", [])}
    for host, port in sorted(everything | {(UNDECLARED_HOST, UNDECLARED_PORT)}):
        yield Try(who, f"{host}:{port}", "c", CONNECT, int(ipaddress.IPv4Address(host)), port,
                  "allowed" if (host, port) in own else "refused")
    for port in sorted({p for c in compartments for p in c.declared.get("listens", [])} | {UNDECLARED_PORT}):
        yield Try(who, f"serve {port}", "c", LISTEN, port, 0,
                  "allowed" if port in who.declared.get("listens", []) else "refused")


def all_tries(compartments):
    return [each for who in compartments for source in (memory_tries, call_tries, network_tries)
            for each in source(who, compartments)]


def plan_file(folder, tries):
    entries = [0] * compose.COUNT_MAX
    for each in tries:
        entries[each.who.number] = each.who.probe["matrix_probe"]
    data = HEAD.pack(len(tries), 0, *entries) + b"".join(
        TRY.pack(t.who.number, t.operation, t.second, t.argument, 0) for t in tries)
    assert len(data) <= PLAN_SIZE, f"{len(tries)} tries do not fit"
    path = pathlib.Path(folder) / "plan.bin"
    path.write_bytes(data)
    return path


def read_plan(running, address):
    """The plan as the board has it by now; None: not to be had at this instant."""
    path = running.folder / "plan.out"
    path.unlink(missing_ok=True)
    running.qmp("stop")
    try:
        running.qmp("memsave", val=address, size=PLAN_SIZE, filename=str(path))
    except RuntimeError:
        return None  # a compartment runs just now, and sees no more than it may
    finally:
        running.qmp("cont")
    return path.read_bytes()


def wait_for_causes(running, address, tries):
    """Causes of all tries, in their order."""
    data = None
    running.wait_line("^ns: ")

    def done(_):
        nonlocal data
        time.sleep(0.5)
        data = read_plan(running, address)
        return data is not None and HEAD.unpack_from(data)[1] == len(tries)

    wait_until(running, done, 60 + len(tries) / 10)
    return [TRY.unpack_from(data, HEAD.size + index * TRY.size)[4] for index in range(len(tries))]


def run(folder, app=None, base="matrix_base"):
    """Makes all tries; each has its cause afterwards. What is still missing at the end hung."""
    compartments = compartments_of(app)
    tries = all_tries(compartments)
    address = KNOWN["MEMORY_APP_RAM_BASE"] + KNOWN["MEMORY_APP_RAM_SIZE"] - PLAN_SIZE
    for c in compartments:
        assert not c.layout["ram"] <= address < c.layout["ram"] + c.layout["ram_size"], "the plan has no room"
    with board(folder, base=base, app=f"matrix_{app}" if app else None, icount=ICOUNT,
               more_loads={address: plan_file(folder, tries)}) as running:
        causes = wait_for_causes(running, address, tries)
    for each, cause in zip(tries, causes):
        each.cause = cause
    return tries


def holes(tries):
    return [f"{t.who.name} -> {t.resource} ({t.letter}): {t.outcome()} ({t.cause:#010x}), not {t.expected}"
            for t in tries if not t.as_expected()]


def print_table(tries):
    names = list(dict.fromkeys(t.who.name for t in tries))
    print(f"{'':24}" + "".join(f"{name:>12}" for name in names))
    for resource in dict.fromkeys(t.resource for t in tries):
        row = []
        for name in names:
            letters = "".join(t.letter for t in tries
                              if (t.who.name, t.resource) == (name, resource) and t.outcome() == "allowed")
            row.append(letters or "-")
        print(f"{resource:24}" + "".join(f"{cell:>12}" for cell in row))


def apps():
    return sorted(path.stem for path in SYSTEMS.glob("*.toml") if path.stem != "base")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--system", choices=apps(), action="append", help="app whose system is tried (default: all)")
    found = []
    for app in parser.parse_args().system or apps():
        with tempfile.TemporaryDirectory(prefix="sopris-matrix-") as folder:
            tries = run(folder, app)
        print(f"\nbase with {app}: r read, w write, x execute, c call\n")
        print_table(tries)
        found += holes(tries)
        print(f"\n{len(tries)} tries, {len(holes(tries))} not as declared", flush=True)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
