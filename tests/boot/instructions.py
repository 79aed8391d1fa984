"""Instructions from reset to the jump into the monitor, with the DSP extension on.

Under -icount shift=0 an instruction takes one nanosecond of guest time, and the watchdog that the ROM arms first counts
that time at 32 MHz, so its counter just before the jump tells them."""
from tests.support import gdb

WATCHDOG_LOAD, WATCHDOG_VALUE = 0x50081000, 0x50081004
INSTRUCTIONS_PER_TICK = 31.25


def count(boot_board, symbol="hal_watchdog_feed"):
    """Of one start of a board; the ROM stops at symbol, which must come before the watchdog is fed."""
    elf = boot_board.rom.with_name("rom.elf")
    with boot_board.board(icount=0, gdb=True) as board:
        board.gdb.run_to(gdb.symbols(elf)[symbol])
        ticks = board.gdb.read_u32(WATCHDOG_LOAD) - board.gdb.read_u32(WATCHDOG_VALUE)
        board.gdb.resume()
        board.wait_line("payload: done", timeout_s=60)
    return int(ticks * INSTRUCTIONS_PER_TICK)


def scenarios(boot_board, image_size=0x10000):
    """{what boots: instructions}, for one image size."""
    found = {}
    boot_board.put("a", boot_board.slot(size=image_size))
    found["first boot of a board"] = count(boot_board)
    found["ordinary boot"] = count(boot_board)
    changed = boot_board.slot(size=image_size - 4, sequence=2)
    boot_board.put("a", changed)
    found["new measurement, known key set"] = count(boot_board)
    return found


if __name__ == "__main__":
    import pathlib
    import tempfile

    from tests.boot.boot_board import BootBoard

    with tempfile.TemporaryDirectory() as folder:
        for what, instructions in scenarios(BootBoard(pathlib.Path(folder))).items():
            print(f"{what:32} {instructions / 1e6:6.1f} M")
