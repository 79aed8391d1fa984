/* What hostile kernels share: vectors, start, log, faults. */
#ifndef CHALLENGE_ATTACKS_KERNEL_HOSTILE_H
#define CHALLENGE_ATTACKS_KERNEL_HOSTILE_H

#include "base/error.h"
#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"

#include <stdbool.h>

#define HOSTILE_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define HOSTILE_MAILBOX ((volatile struct monitor_mailbox *)(uintptr_t)MEMORY_MAILBOX_BASE)

/* Thread mode, privileged, on the main stack. */
void hostile_main(void);

/* The veneer, called as it is. */
uint32_t hostile_monitor(uint32_t number, uint32_t size_in_bytes);
/* "hostile: <word> <8 hex digits>" as a line of the monitor. */
void hostile_log(const char *word, uint32_t value);

/* Memory faults since the last look, those that the monitor reflects among them. The faulting code is left by a jump to
 * where hostile_try was called from. */
uint32_t hostile_faults(void);
/* Runs an attempt that may fault. True: it came back without a fault. */
bool hostile_try(void (*attempt)(uint32_t), uint32_t argument);

/* Handlers that each attack gives. */
void hostile_svc(void);
void hostile_tick(void);

/* Body of a naked handler: jumps to function with the frame that the hardware pushed. */
#define HOSTILE_WITH_FRAME(function) \
    __asm volatile("tst lr, #4\n ite eq\n mrseq r0, msp\n mrsne r0, psp\n b " #function "\n")

void hostile_tick_start(uint32_t cycles);
void hostile_tick_stop(void);

#endif
