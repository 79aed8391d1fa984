/* Processor time of compartments: each has a budget in every period, and what it uses beyond it, it owes to its next
 * periods. So nobody, whatever his priority, takes more from the others than his table declares (threat T-26).
 * Counted in processor cycles at every switch and tick, so that giving way just before a tick hides nothing. */
#ifndef DEVICE_KERNEL_BUDGET_H
#define DEVICE_KERNEL_BUDGET_H

#include "device/abi/system_table.h"

#include <stdbool.h>
#include <stdint.h>

/* Full, period begun; once for each compartment: a restart gives no new time. */
void budget_open(uint32_t number, const struct system_compartment *entry, uint32_t time_ms);
void budget_charge(uint32_t number, uint32_t cycles);
bool budget_left(uint32_t number);
/* Begins a new period when it is time to. True: the compartment has a budget again, which it had not. */
bool budget_renew(uint32_t number, uint32_t time_ms);

#endif
