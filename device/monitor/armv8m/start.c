/* Start of the monitor: processor set-up, partition, portable start, secure tick, non-secure world. */
#include "base/ensure.h"
#include "device/abi/memory_map.h"
#include "device/hal/console.h"
#include "device/hal/partition.h"
#include "device/hal/system.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"
#include "device/monitor/monitor.h"
#include "device/monitor/rescue.h"

#define CORE_FREQUENCY_HZ MEMORY_TIMER0_FREQUENCY_HZ
#define TICK_PERIOD_MS 100
/* Secure priority: above everything non-secure, which PRIS ranks from 0x80 down, below the fault handlers. */
#define TICK_PRIORITY 0x40u

extern const uint32_t monitor_vectors[];
__attribute__((noreturn)) void start_main(void);
void tick_handler(void);
void unused_handler(void);

static void processor_init(void)
{
    VTOR = (uint32_t)(uintptr_t)monitor_vectors;
    CPACR = 0;
    NSACR = 0; /* no FPU for either world: its registers would have to be cleared on every crossing */
    SHCSR |= SHCSR_MEMFAULTENA | SHCSR_BUSFAULTENA | SHCSR_USGFAULTENA | SHCSR_SECUREFAULTENA;
    AIRCR = AIRCR_KEY | AIRCR_PRIS | AIRCR_SYSRESETREQS;
    SHPR3 = TICK_PRIORITY << SHPR3_SYSTICK_SHIFT;
    __asm volatile("dsb\n isb");
}

static void tick_start(void)
{
    SYST_RVR = CORE_FREQUENCY_HZ / 1000 * TICK_PERIOD_MS - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ENABLE;
}

/* The non-secure areas are reached through their non-secure addresses, so the partition stands before base is copied. */
void start_main(void)
{
    processor_init();
    hal_console_init();
    hal_partition_apply();
    sau_apply();
    struct error error = monitor_start();
    if (error_is(error, ERROR_CODE_BOOT_NO_SLOT)) {
        rescue_run();
    }
    if (!error_is_none(error)) {
        hal_system_reset();
    }
    tick_start();
    nonsecure_start(MEMORY_BASE_IMAGE_BASE);
}

void tick_handler(void)
{
    monitor_tick();
}

/* No interrupt is enabled for the secure world but the tick: one that comes is a bug. */
void unused_handler(void)
{
    ENSURE(false);
}

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    hal_system_reset();
}
