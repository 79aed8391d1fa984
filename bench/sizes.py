"""Bytes of text and read-only data, and of RAM, of each part, from the linked images."""
import subprocess

# image, path below build/device, most it may have, what is aimed for
IMAGES = (
    ("ROM", "device/boards/mps3-an524/rom.elf", 24 * 1024, 18000),
    ("monitor", "device/monitor/monitor.elf", 48 * 1024, 34000),
    ("kernel", "device/kernel/kernel.elf", None, None),
    ("net", "device/compartments/net/net.elf", None, None),
    ("agent", "device/compartments/agent/agent.elf", None, None),
    ("hub", "device/compartments/hub/hub.elf", None, None),
    ("thermostat", "device/apps/thermostat/thermostat.elf", None, None),
)


def section_sizes(elf):
    """{section: bytes} of an ELF file."""
    output = subprocess.check_output(["arm-none-eabi-size", "-A", str(elf)], text=True)
    sizes = {}
    for line in output.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[1].isdigit() and parts[0].startswith("."):
            sizes[parts[0]] = int(parts[1])
    return sizes


def stored_and_ram(elf):
    """Bytes of code and read-only data (what is stored and never changes), and bytes of RAM for data, bss, stack."""
    output = subprocess.check_output(["arm-none-eabi-objdump", "-h", "-w", str(elf)], text=True)
    stored = ram = 0
    for line in output.splitlines():
        parts = line.split()
        if len(parts) < 7 or not parts[0].isdigit() or "ALLOC" not in line:
            continue
        size = int(parts[2], 16)
        if "READONLY" in line:
            stored += size
        else:
            ram += size
    return stored, ram


def measure(root):
    rows = []
    for name, path, most, aim in IMAGES:
        elf = root / "build/device" / path
        if not elf.exists():
            rows.append((name, "not built", "", ""))
            continue
        stored, ram = stored_and_ram(elf)
        limit = f"aim {aim}, never over {most}" if most else ""
        rows.append((f"{name}: text and read-only data", stored, "bytes", limit))
        rows.append((f"{name}: RAM", ram, "bytes", ""))
        if most and stored > most:
            raise SystemExit(f"{name} has {stored} bytes; it must never have more than {most}")
    return rows
