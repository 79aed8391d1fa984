/* Every kind of fault, linked into a compartment beside its own code; the injecting kernel sends its thread here. */
#include "tests/isolation/images/inject/inject.h"

#include "base/ensure.h"
#include "device/runtime/runtime.h"

#define MESSAGE_SIZE_BYTES 256

static volatile uint32_t zero;

static void read_at(uint32_t address)
{
    uint32_t word = *(volatile uint32_t *)(uintptr_t)address;
    __asm volatile("" : : "r"(word));
}

static void memory(void)
{
    read_at(MEMORY_BASE_RAM_BASE);
}

static void undefined(void)
{
    __asm volatile("udf #1");
}

static void overflow(void)
{
    __asm volatile("1: push {r0-r7}\n b 1b");
}

static void divide(void)
{
    uint32_t result;
    __asm volatile("udiv %0, %1, %2" : "=r"(result) : "r"(1), "r"(zero));
}

static void secure(void)
{
    read_at(MEMORY_MONITOR_RAM_BASE);
}

static void unaligned(void)
{
    __asm volatile("ldrd r0, r1, [%0]" : : "r"((uintptr_t)&zero + 1) : "r0", "r1");
}

static void state(void)
{
    __asm volatile("bx %0" : : "r"((uintptr_t)read_at & ~(uintptr_t)1));
}

static void breakpoint(void)
{
    __asm volatile("bkpt #0");
}

static void fetch(void)
{
    __asm volatile("bx %0" : : "r"((uintptr_t)&zero | 1));
}

static void leave(void)
{
    runtime_fail(5);
}

static void assertion(void)
{
    ENSURE(zero != 0);
}

static void spin(void)
{
    for (;;) {
        __asm volatile("");
    }
}

static void hold(void)
{
    uint8_t bytes[MESSAGE_SIZE_BYTES];
    for (;;) {
        struct buffer data = BUFFER_OF(bytes);
        struct runtime_event event;
        if (!error_is_none(runtime_receive(&data, 0, &event))) {
            return;
        }
    }
}

static void bus(void)
{
    read_at(MEMORY_ETHERNET_BASE + 0x800);
}

inject_function *const inject_table[INJECT_KIND_COUNT] = {
    [INJECT_MEMORY] = memory, [INJECT_UNDEFINED] = undefined, [INJECT_OVERFLOW] = overflow, [INJECT_DIVIDE] = divide,
    [INJECT_SECURE] = secure, [INJECT_UNALIGNED] = unaligned, [INJECT_STATE] = state,
    [INJECT_BREAKPOINT] = breakpoint, [INJECT_FETCH] = fetch, [INJECT_EXIT] = leave, [INJECT_ASSERT] = assertion,
    [INJECT_SPIN] = spin, [INJECT_HOLD] = hold, [INJECT_BUS] = bus,
};
