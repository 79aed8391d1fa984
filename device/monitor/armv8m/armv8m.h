/* Inside of device/monitor/armv8m/; not for the portable monitor. */
#ifndef DEVICE_MONITOR_ARMV8M_ARMV8M_H
#define DEVICE_MONITOR_ARMV8M_ARMV8M_H

#include <stdbool.h>
#include <stdint.h>

/* Programs and enables the SAU from hal_partition_regions; hal_partition_apply must have run. */
void sau_apply(void);

/* Takes the gate: refuses handlers, unprivileged callers and a second call, before anything shared is touched.
 * Returns ERROR_CODE_NONE or MONITOR_MODE, MONITOR_PRIVILEGE, MONITOR_BUSY (threat T-09). */
uint32_t gate_enter(void);
void gate_leave(void);
/* The call itself, between the two: inputs are copied first, outputs written last (threat T-09). Returns its code. */
uint32_t gate_dispatch(uint32_t number, uint32_t size_in_bytes);
/* monitor_call behind the veneer, for gate_entry.c alone. */
uint32_t gate_call(uint32_t number, uint32_t size_in_bytes);

/* Hands a fault that non-secure code caused to its kernel. False: the fault is secure code's own. */
bool fault_reflect(uint32_t exception, uint32_t exc_return);

/* The fault of a branch to FNC_RETURN over a pre-empted call: the call is put back whole and the culprit thrown out.
 * False: it was something else. */
bool fault_return_recover(uint32_t exception, uint32_t exc_return);

/* Raises a memory fault in the non-secure world, taken at once unless a handler of it runs. */
void fault_pend_nonsecure(void);

/* Leaves the secure world for good but for calls and secure handlers: both secure stacks empty and sealed. */
__attribute__((noreturn)) void nonsecure_start(uint32_t vector_table);

#endif
