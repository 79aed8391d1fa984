/* Ticks of random length, 1 ms in the mean: a constant one can lock in phase with an attack and hide a race. */
#include "device/abi/memory_map.h"
#include "device/kernel/time.h"

#define MEAN_CYCLES (MEMORY_TIMER0_FREQUENCY_HZ / 1000)

uint32_t time_tick_cycles(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return MEAN_CYCLES / 8 + (uint32_t)(((uint64_t)state * (MEAN_CYCLES * 7 / 4)) >> 32);
}
