"""Bytes of text and read-only data, and of RAM, of each part, from the linked images."""
import subprocess

# image, path below build/device, most it may have, what is aimed for
IMAGES = (
    ("ROM", "device/rom/rom.elf", 24 * 1024, 18000),
    ("monitor", "device/monitor/monitor.elf", 48 * 1024, 34000),
    ("kernel", "device/kernel/kernel.elf", None, None),
    ("net", "device/systems/base.d/net.elf", None, None),
    ("agent", "device/systems/base.d/agent.elf", None, None),
    ("hub", "device/systems/base.d/hub.elf", None, None),
    ("thermostat", "device/systems/thermostat.d/thermostat.elf", None, None),
)


def stored_and_ram(elf):
    """Bytes of code and read-only data, and bytes of RAM for data, bss and stack. Code of all but the ROM runs from RAM
    too, from where it was copied and verified; that part is the first figure again, so it is not added to the second."""
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
        stored, ram = stored_and_ram(elf)
        limit = f"aim {aim:,}, never over {most:,}" if most else ""
        rows.append((f"{name}: text and read-only data", f"{stored:,}", "bytes", limit))
        rows.append((f"{name}: RAM", f"{ram:,}", "bytes", "data, bss, stacks"))
        if most and stored > most:
            raise SystemExit(f"{name} has {stored} bytes; it must never have more than {most}")
    return rows
