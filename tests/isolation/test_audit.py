"""tools/audit on the product, which must be clean, and on an app with one bug planted after the other, each of which it must
find (T-08)."""
import struct
import subprocess
import sys

import pytest

from tests.isolation.isolation import ROOT

sys.path.insert(0, str(ROOT / "tools/audit"))
import audit  # noqa: E402

BUILD = ROOT / "build/device"
LIBRARIES = ["device/runtime/libruntime.a", "device/runtime/libruntime_common.a", "base/libbase.a"]
FLAGS = ["-mcpu=cortex-m33+nofp", "-mthumb", "-mfloat-abi=soft", "-Os", "-g", "-std=c11", "-ffunction-sections",
         "-fdata-sections", f"-I{ROOT}", f"-I{BUILD}"]
SYSTEM = """image = "app"
[[compartment]]
name = "sneaky"
number = 8
priority = 2
stack = 1024
calls = ["hub"]
monitor_calls = ["time"]
peripherals = ["i2c_shield1"]
endpoints = [{host = "10.0.2.100", port = 8883}]
"""
# The app; what stands for BUG runs first.
SOURCE = """#include "device/runtime/runtime.h"
TOP
void compartment_main(void)
{
    uint8_t bytes[16];
    struct buffer reply = BUFFER_OF(bytes);
    volatile uint32_t *sensor = (volatile uint32_t *)0x41206000;
    *sensor = 0;
    BUG
    (void)error_is_none(runtime_monitor(MONITOR_CALL_TIME, SPAN_EMPTY, &reply));
    (void)error_is_none(runtime_call(2, SPAN_EMPTY, &reply, 10));
}
"""
BUGS = {
    "peripheral": ("*(volatile uint32_t *)0x41302000 = 1;", "", "uses 0x41302000"),
    "other memory": ("*(volatile uint32_t *)0x28034004 = 1;", "", "uses 0x28034004"),
    "processor": ("*(volatile uint32_t *)0xE000ED94 = 0;", "", "uses 0xe000ed94"),
    "secure": ("((void (*)(void))0x30000201)();", "", "uses 0x30000201"),
    "address in data": ("*pages[bytes[0] & 1] = 1;",
                        "static volatile uint32_t *const pages[] = {(void *)0x41400000, (void *)0x41206000};",
                        "holds 0x41400000"),
    "monitor call": ("(void)error_is_none(runtime_monitor(MONITOR_CALL_RESET, SPAN_EMPTY, &reply));", "",
                     "runtime_monitor(reset), which it did not declare"),
    "monitor call in disguise": ("(void)error_is_none(runtime_monitor(number, SPAN_EMPTY, &reply));",
                                 "extern volatile enum monitor_call number; volatile enum monitor_call number;",
                                 "the number given to runtime_monitor cannot be read off"),
    "monitor call handed on": (
        "(void)error_is_none(pass(MONITOR_CALL_RESET, &reply));",
        "__attribute__((noinline)) static struct error pass(enum monitor_call call, struct buffer *reply)\n"
        "{ return runtime_monitor(call, SPAN_EMPTY, reply); }", "runtime_monitor(reset), which it did not declare"),
    "call": ("(void)error_is_none(runtime_call(1, SPAN_EMPTY, &reply, 10));", "",
             "runtime_call(agent), which it did not declare"),
    "supervisor call": ('__asm volatile("mov r0, #1\\n svc 0" : : : "r0");', "", "a supervisor call outside the runtime"),
    "other supervisor call": ('__asm volatile("svc 7");', "", "supervisor call 7"),
    "privilege": ('__asm volatile("msr control, %0" : : "r"(0));', "", "msr"),
    "writable code": ("inside();", '__attribute__((section(".data.inside,\\"awx\\",%progbits @"), long_call, noinline)) '
                      'void inside(void); void inside(void) { __asm volatile("nop"); }', "writable and executable"),
}


def build(folder, bug="", top="", more=()):
    """Compiles and composes the app; gives its system file and image."""
    home = folder / "device/apps/sneaky"
    home.mkdir(parents=True)
    sources = {"device/apps/sneaky/sneaky.c": SOURCE.replace("BUG", bug).replace("TOP", top), **dict(more)}
    objects = []
    for index, (name, text) in enumerate(sources.items()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        objects.append(folder / f"{index}.o")
        subprocess.run(["arm-none-eabi-gcc", *FLAGS, "-c", name, "-o", objects[-1]], cwd=folder, check=True)
    system, image = folder / "sneaky.toml", folder / "sneaky.bin"
    system.write_text(SYSTEM)
    libraries = ",".join(str(path) for path in [*objects, *(BUILD / name for name in LIBRARIES)])
    subprocess.run([sys.executable, ROOT / "device/systems/compose.py", "image", system, "--out", image, "--also",
                    ROOT / "device/systems/base.toml", "--program", f"sneaky={libraries}"], check=True)
    return system, image


def findings(system, image):
    return [text for found in audit.audit_system(system, image, [ROOT / "device/systems/base.toml"]).values()
            for text in found]


def test_the_product_is_clean():
    found = audit.audit_build(BUILD)
    assert {name: texts for name, texts in found.items() if texts} == {}
    assert {"rom", "monitor", "kernel", "base: net", "base: agent", "base: hub"} <= set(found)


def test_an_app_without_a_bug_is_clean(tmp_path):
    assert findings(*build(tmp_path)) == []


@pytest.mark.parametrize("bug", BUGS)
def test_it_finds(tmp_path, bug):
    statement, top, expected = BUGS[bug]
    assert any(expected in text for text in findings(*build(tmp_path, statement, top)))


def test_it_finds_code_of_somebody_else(tmp_path):
    foreign = {"device/kernel/foreign.c": "void foreign(void); void foreign(void) { __asm volatile(\"nop\"); }"}
    found = findings(*build(tmp_path, "foreign();", "void foreign(void);", foreign.items()))
    assert found == ["contains device/kernel/foreign.c, which its folder may not include"]


@pytest.mark.parametrize("field, change, expected", [
    ("ram_size", 32, "bytes of memory, the program has"), ("code_size", 32, "bytes of code, the program has"),
    ("monitor_calls", 1 << 8, "the table says monitor_calls"), ("calls", 1, "the table says calls"),
    ("priority", 5, "the table says priority"), ("budget_us", 1, "the table says budget_us")])
def test_it_finds_a_table_that_says_something_else(tmp_path, field, change, expected):
    system, image = build(tmp_path)
    data = bytearray(image.read_bytes())
    place = audit.HEADER.size + 16 + 4 * audit.ENTRY_FIELDS.index(field)
    struct.pack_into("<I", data, place, struct.unpack_from("<I", data, place)[0] + change)
    image.write_bytes(data)
    assert any(expected in text for text in findings(system, image))


def test_it_finds_an_image_that_is_not_what_was_linked(tmp_path):
    system, image = build(tmp_path)
    data = bytearray(image.read_bytes())
    data[-20] ^= 1
    image.write_bytes(data)
    assert any("not what stands in the image" in text for text in findings(system, image))
