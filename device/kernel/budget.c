#include "device/kernel/budget.h"

#include "device/abi/memory_map.h"

#define CYCLES_PER_US (MEMORY_TIMER0_FREQUENCY_HZ / 1000000)
/* A monitor call cannot be given up, so its caller may come to owe long; the bound keeps the sum in its type. */
#define DEBT_CYCLES_MAX (INT32_MAX / 4)

static_assert(SYSTEM_BUDGET_US_MAX * CYCLES_PER_US < INT32_MAX / 4, "a budget fits its type");

static struct account {
    int32_t left_cycles;
    int32_t budget_cycles;
    uint32_t period_ms;
    uint32_t period_start_ms;
} accounts[SYSTEM_COMPARTMENT_COUNT_MAX];

void budget_open(uint32_t number, const struct system_compartment *entry, uint32_t time_ms)
{
    int32_t cycles = (int32_t)(entry->budget_us * CYCLES_PER_US);
    accounts[number] = (struct account){cycles, cycles, entry->period_ms, time_ms};
}

void budget_charge(uint32_t number, uint32_t cycles)
{
    int32_t charged = cycles < DEBT_CYCLES_MAX ? (int32_t)cycles : DEBT_CYCLES_MAX;
    int32_t left = accounts[number].left_cycles - charged;
    accounts[number].left_cycles = left > -DEBT_CYCLES_MAX ? left : -DEBT_CYCLES_MAX;
}

bool budget_left(uint32_t number)
{
    return accounts[number].left_cycles > 0;
}

bool budget_renew(uint32_t number, uint32_t time_ms)
{
    struct account *account = &accounts[number];
    if (time_ms - account->period_start_ms < account->period_ms) {
        return false;
    }
    bool was_left = account->left_cycles > 0;
    account->period_start_ms += account->period_ms;
    int32_t left = account->left_cycles + account->budget_cycles; /* debts are paid first, savings do not add up */
    account->left_cycles = left < account->budget_cycles ? left : account->budget_cycles;
    return !was_left && account->left_cycles > 0;
}
