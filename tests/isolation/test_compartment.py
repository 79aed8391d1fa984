"""An app compartment that reaches out of its own is stopped and started again; the rest goes on and nothing resets.

T-08 (declared reach), T-10 (veneer), T-11 (secure faults), T-23 (partition)."""
import pytest

from tests.isolation.isolation import board, everything_goes_on, wait_until

CAUSE_MONITOR = 0x40000001
CAUSE_SECURE = 0x40000002
CAUSE_STACK = 0x40000003
MEMORY = 0x82   # CFSR: DACCVIOL, address valid
FETCH = 0x01    # CFSR: IACCVIOL
STACKING = 0x10
OVERFLOW = 0x00100000

ATTACKS = {
    "read_kernel": [MEMORY], "read_peer": [MEMORY], "read_mailbox": [MEMORY], "read_ethernet": [MEMORY],
    "read_secure_ram": [CAUSE_SECURE], "read_secure_alias": [CAUSE_SECURE], "read_rom": [CAUSE_SECURE],
    "read_flash": [CAUSE_SECURE], "read_flash_nonsecure": [CAUSE_SECURE], "read_watchdog": [CAUSE_SECURE],
    "write_kernel": [MEMORY], "write_kernel_code": [MEMORY], "write_peer": [MEMORY], "write_own_code": [MEMORY], "write_mpu": [CAUSE_SECURE],
    "write_secure_ram": [CAUSE_SECURE], "write_flash": [CAUSE_SECURE],
    "call_veneer": [CAUSE_MONITOR], "call_behind_veneer": [CAUSE_SECURE], "call_secure_code": [CAUSE_SECURE],
    "call_kernel": [FETCH], "call_own_data": [FETCH],
    "stack_in_kernel": [OVERFLOW], "stack_in_peripheral": [CAUSE_STACK], "stack_in_secure": [CAUSE_STACK, CAUSE_SECURE],
    "overflow": [OVERFLOW], "breakpoint": [CAUSE_SECURE],
    "return_function": [CAUSE_MONITOR], "return_exception": [CAUSE_MONITOR], "return_secure": [CAUSE_MONITOR],
    "kernel_pointer": [0x80000001],
}


def attacker_causes(lines):
    return [int(line.split()[3], 16) for line in lines if line.startswith("monitor: fault 08")]


def starts(lines):
    return sum(line == "ns: attacker: start" for line in lines)


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_it_is_stopped_and_started_again(tmp_path, attack):
    with board(tmp_path, app=f"app_{attack}") as running:
        wait_until(running, lambda lines: len(attacker_causes(lines)) >= 2 and starts(lines) >= 3)
        assert set(attacker_causes(running.lines)) <= set(ATTACKS[attack]), \
            [hex(cause) for cause in attacker_causes(running.lines)]
        everything_goes_on(running)
        assert "ns: attacker: survived" not in running.lines


def test_function_return_over_a_pre_empted_call(tmp_path):
    with board(tmp_path, app="app_function_return") as running:
        # Both happen: with the monitor idle (INVPC) and over a pre-empted call (thrown out to 0xe000e000).
        wait_until(running, lambda lines: any("e000e000" in line for line in lines) and
                   any(line.startswith("monitor: fault 08 00040000") for line in lines), 120)
        wait_until(running, lambda lines: len(attacker_causes(lines)) >= 30)
        everything_goes_on(running)


def test_without_the_recovery_a_function_return_resets_the_board(tmp_path):
    with board(tmp_path, app="app_function_return", monitor="toy_without_recovery") as running:
        running.wait_line("monitor: secure fault", 120)
        running.wait_exit()


def test_anothers_stored_object_is_not_found(tmp_path):
    """T-08, T-21: whoever the request names, the kernel says who asks."""
    with board(tmp_path, app="app_load_of_another") as running:
        running.wait_line("ns: attacker: not found")
        everything_goes_on(running)


def test_undeclared_uses_are_refused_and_counted(tmp_path):
    with board(tmp_path, app="app_undeclared") as running:
        running.wait_line("ns: attacker: refused")
        running.wait_line("monitor: undeclared 08")
        everything_goes_on(running)
        assert "ns: attacker: survived" not in running.lines


@pytest.mark.parametrize("attack, base", [("read_kernel", "calm_without_regions"), ("read_peer", "calm_without_regions"),
                                          ("write_peer", "calm_without_regions"),
                                          ("load_of_another", "calm_without_owner"),
                                          ("kernel_pointer", "calm_without_memory_check")])
def test_without_the_defence_the_attack_succeeds(tmp_path, attack, base):
    with board(tmp_path, app=f"app_{attack}", base=base) as running:
        running.wait_line("ns: attacker: survived")


@pytest.mark.parametrize("attack", ["read_flash", "call_secure_code", "breakpoint"])
def test_without_reflection_an_app_resets_the_board(tmp_path, attack):
    with board(tmp_path, app=f"app_{attack}", monitor="toy_without_reflection") as running:
        running.wait_line("monitor: secure fault")
        running.wait_exit()


@pytest.mark.parametrize("attack", ["return_function", "return_exception"])
def test_without_a_look_at_the_return_address_an_app_resets_the_board(tmp_path, attack):
    with board(tmp_path, app=f"app_{attack}", monitor="toy_without_entry") as running:
        running.wait_line("monitor: secure fault")
        running.wait_exit()
