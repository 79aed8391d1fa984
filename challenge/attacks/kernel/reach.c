/* Reaches for the secure world with the kernel's privilege: reads, writes, calls and system registers (T-11, T-23). Each
 * attempt must fault or change nothing; the board must not reset. */
#include "challenge/attacks/kernel/hostile.h"

#define AIRCR 0xE000ED0C
#define AIRCR_RESET 0x05FA0004u
#define SAU_CTRL 0xE000EDD0
#define SAU_RNR 0xE000EDD8
#define SAU_RBAR 0xE000EDDC
#define SAU_RLAR 0xE000EDE0
#define NVIC_ITNS 0xE000E380

void hostile_svc(void)
{
}

void hostile_tick(void)
{
}

static void attempt_read(uint32_t address)
{
    hostile_log("read", HOSTILE_REGISTER(address));
}

static void attempt_write(uint32_t address)
{
    HOSTILE_REGISTER(address) = 0;
    hostile_log("written", address);
}

/* One load and one store of a word at any address: the processor may split them, the compiler may not. */
static void attempt_load(uint32_t address)
{
    uint32_t value;
    __asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
}

static void attempt_store(uint32_t address)
{
    __asm volatile("str %0, [%1]" : : "r"(0), "r"(address) : "memory");
}

static void attempt_call(uint32_t address)
{
    ((void (*)(void))(uintptr_t)(address | 1u))();
    hostile_log("called", address);
}

/* Secure RAM, its image, ROM, fuses, secrets, hand-over, flash in both aliases, watchdog, its own MPC, UART, timer. */
static const uint32_t secure_addresses[] = {
    0x30010000, 0x30000300, 0x10000000, 0x10008000, 0x38000000, 0x3001F000, 0x70000000, 0x60000000, 0x50081000,
    0x58007000, 0x51303000, 0x50000000, 0x50080014, 0x40080060, 0x20010000, 0x00000000,
};
static const uint32_t call_targets[] = {0x30000204, 0x30000208, 0x30000220, 0x30000400, 0x10000100};
/* Both ends of each secure region, and of each open one, which is where a secure one ends. */
#define ENDS(base, size) (base), (base) + (size)
#define BRAM_SIZE (MEMORY_APP_RAM_BASE + MEMORY_APP_RAM_SIZE - MEMORY_BASE_IMAGE_BASE)
static const uint32_t ends[] = {
    ENDS(MEMORY_ROM_BASE, MEMORY_ROM_SIZE),
    ENDS(MEMORY_FUSES_BASE, MEMORY_FUSES_SIZE),
    ENDS(MEMORY_BASE_IMAGE_BASE, BRAM_SIZE),
    ENDS(MEMORY_MONITOR_IMAGE_BASE, MEMORY_MONITOR_IMAGE_SIZE),
    ENDS(MEMORY_MONITOR_VENEER_BASE, MEMORY_MONITOR_VENEER_SIZE),
    ENDS(MEMORY_HANDOFF_BASE, MEMORY_HANDOFF_SIZE),
    ENDS(MEMORY_SECRETS_BASE, BRAM_SIZE),
    ENDS(MEMORY_FPGAIO_BASE, 0x1000),
    ENDS(MEMORY_ETHERNET_BASE, 0x1000),
    ENDS(MEMORY_I2C_SHIELD0_BASE, 0x2000), /* shield 1 follows */
    ENDS(MEMORY_WATCHDOG_BASE, 0x1000),
    ENDS(MEMORY_FLASH_BASE, MEMORY_FLASH_SIZE),
};

static bool refuses(void (*attempt)(uint32_t), uint32_t address)
{
    bool reached = hostile_try(attempt, address);
    if (reached) {
        hostile_log("straddled", address);
    }
    return !reached;
}

/* Every word that lies across an end. First one that lies across nothing: an unaligned word is no fault by itself. */
static void straddle(void)
{
    uint32_t attempts = 0, refused = 0;
    hostile_log("unaligned", hostile_try(attempt_load, MEMORY_APP_RAM_BASE + 2) &&
                                 hostile_try(attempt_store, MEMORY_APP_RAM_BASE + 2));
    for (uint32_t index = 0; index < sizeof ends / sizeof ends[0]; index++) {
        for (uint32_t before = 1; before <= 3; before++) {
            attempts += 2;
            refused += refuses(attempt_load, ends[index] - before);
            refused += refuses(attempt_store, ends[index] - before);
        }
    }
    hostile_log("straddling", attempts);
    hostile_log("straddling-refused", refused);
}

void hostile_main(void)
{
    uint32_t attempts = 0, refused = 0;
    for (uint32_t index = 0; index < sizeof secure_addresses / sizeof secure_addresses[0]; index++) {
        attempts += 2;
        refused += !hostile_try(attempt_read, secure_addresses[index]);
        refused += !hostile_try(attempt_write, secure_addresses[index]);
    }
    for (uint32_t index = 0; index < sizeof call_targets / sizeof call_targets[0]; index++) {
        attempts++;
        refused += !hostile_try(attempt_call, call_targets[index]);
    }
    hostile_log("attempts", attempts);
    hostile_log("refused", refused);
    straddle();
    /* Registers of the secure bank read as zero and take nothing; a reset request is not heard. */
    HOSTILE_REGISTER(SAU_CTRL) = 0;
    HOSTILE_REGISTER(SAU_RNR) = 7;
    HOSTILE_REGISTER(SAU_RBAR) = 0x30000000;
    HOSTILE_REGISTER(SAU_RLAR) = 0x3FFFFFE1;
    HOSTILE_REGISTER(NVIC_ITNS) = 0xFFFFFFFFu;
    HOSTILE_REGISTER(AIRCR) = AIRCR_RESET;
    __asm volatile("dsb\n isb");
    hostile_log("registers", HOSTILE_REGISTER(SAU_CTRL) | HOSTILE_REGISTER(SAU_RLAR) | HOSTILE_REGISTER(NVIC_ITNS));
    hostile_log("secret", !hostile_try(attempt_read, 0x30010000));
}
