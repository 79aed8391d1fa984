/* First instructions of a compartment, unprivileged, at every start: fresh data, then compartment_main. */
#include "base/ensure.h"
#include "device/abi/fault_cause.h"
#include "device/runtime/runtime.h"

#include <string.h>

extern uint8_t compartment_data_start[];
extern uint8_t compartment_data_end[];
extern const uint8_t compartment_data_load[];
extern uint8_t compartment_bss_start[];
extern uint8_t compartment_bss_end[];
extern uint8_t compartment_kept_start[];
extern uint8_t compartment_kept_end[];

__attribute__((noreturn, used, section(".start"))) void compartment_start(void);

void compartment_start(void)
{
    memcpy(compartment_data_start, compartment_data_load, (size_t)(compartment_data_end - compartment_data_start));
    memset(compartment_bss_start, 0, (size_t)(compartment_bss_end - compartment_bss_start));
    struct kernel_start reason;
    runtime_start_reason(&reason);
    if (reason.kept == 0) {
        memset(compartment_kept_start, 0, (size_t)(compartment_kept_end - compartment_kept_start));
    }
    compartment_main();
    runtime_fail(FAULT_EXIT_RETURNED);
}

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    runtime_fail(FAULT_EXIT_ASSERT | line);
}
