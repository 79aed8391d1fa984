/* The one caller of the monitor: takes work, calls the veneer in thread mode, gives the result back. */
#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"
#include "device/kernel/kernel.h"

typedef uint32_t monitor_veneer(uint32_t number, uint32_t size_in_bytes);
#define MONITOR_VENEER ((monitor_veneer *)(uintptr_t)(MEMORY_MONITOR_VENEER_BASE | 1u))

static uint32_t take(uint32_t *size_bytes)
{
    register uint32_t r0 __asm("r0") = KERNEL_CALL_MONITOR_TAKE;
    register uint32_t r1 __asm("r1") = 0;
    __asm volatile("svc 0" : "+r"(r0), "+r"(r1) : : "memory");
    *size_bytes = r1;
    return r0;
}

static void done(uint32_t code)
{
    register uint32_t r0 __asm("r0") = KERNEL_CALL_MONITOR_DONE;
    register uint32_t r1 __asm("r1") = code;
    __asm volatile("svc 0" : "+r"(r0), "+r"(r1) : : "memory");
}

void monitor_thread(void)
{
    for (;;) {
        uint32_t size_bytes;
        uint32_t number = take(&size_bytes);
        if (number != 0) {
            done(MONITOR_VENEER(number, size_bytes));
        }
    }
}
