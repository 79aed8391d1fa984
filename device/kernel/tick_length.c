#include "device/abi/memory_map.h"
#include "device/kernel/time.h"

uint32_t time_tick_cycles(void)
{
    return MEMORY_TIMER0_FREQUENCY_HZ / 1000;
}
