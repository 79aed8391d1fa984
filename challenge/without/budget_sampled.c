/* With budgets that are charged by the tick alone (T-26): whoever runs when it comes pays for all of it, and who gives
 * way just before pays nothing. */
#define budget_charge budget_charge_exactly
#include "device/kernel/budget.c"
#undef budget_charge

#include "device/kernel/time.h"

void budget_charge(uint32_t number, uint32_t cycles);

void budget_charge(uint32_t number, uint32_t cycles)
{
    static uint32_t last_ms;
    (void)cycles;
    if (time_now_ms() != last_ms) {
        last_ms = time_now_ms();
        budget_charge_exactly(number, time_tick_cycles());
    }
}
