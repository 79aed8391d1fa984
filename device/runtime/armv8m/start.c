/* First instructions of a compartment, unprivileged, at every start: fresh data, then compartment_main. */
#include "base/ensure.h"
#include "device/runtime/runtime.h"

#include <string.h>

extern uint8_t compartment_data_start[];
extern uint8_t compartment_data_end[];
extern const uint8_t compartment_data_load[];
extern uint8_t compartment_bss_start[];
extern uint8_t compartment_bss_end[];

#define CAUSE_RETURNED 0x01000000u

__attribute__((noreturn, used, section(".start"))) void compartment_start(void);

void compartment_start(void)
{
    memcpy(compartment_data_start, compartment_data_load, (size_t)(compartment_data_end - compartment_data_start));
    memset(compartment_bss_start, 0, (size_t)(compartment_bss_end - compartment_bss_start));
    compartment_main();
    runtime_fail(CAUSE_RETURNED);
}

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    runtime_fail(line);
}
