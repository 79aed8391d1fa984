/* Why a compartment was stopped: the cause in MONITOR_CALL_FAULT, and what it is told at its next start.
 *     0x80000000 | n   it stopped itself with n: KERNEL_CALL_EXIT
 *     0x40000000 | n   the kernel stopped it: enum fault_cause
 *     else             bits of the processor's CFSR: FAULT_CFSR_* and their neighbours
 * address: the data address for memory faults, else what the cause says.
 * source  Armv8-M Architecture Reference Manual, D1.2.33 (CFSR) */
#ifndef DEVICE_ABI_FAULT_CAUSE_H
#define DEVICE_ABI_FAULT_CAUSE_H

#define FAULT_KERNEL 0x40000000u

enum fault_cause {
    FAULT_CAUSE_MONITOR = 0x40000001,  /* entered the monitor by itself */
    FAULT_CAUSE_SECURE = 0x40000002,   /* touched the secure world, a bus address that does not answer, a breakpoint */
    FAULT_CAUSE_STACK = 0x40000003,    /* its stack pointer lies outside its memory */
    FAULT_CAUSE_DEADLINE = 0x40000004, /* its activation took longer than deadline_ms; address: how long, in ms */
    FAULT_CAUSE_ANSWER = 0x40000005,   /* it left a call unanswered for answer_ms; address: whose */
    FAULT_CAUSE_BUDGET = 0x40000006,   /* used up its time, and its table says that this is a fault */
    FAULT_CAUSE_DOWN = 0x40000007,     /* after too many faults it stays down; address: how many */
    FAULT_CAUSE_LOST = 0x40000008,     /* faults that were not reported one by one; address: how many */
};

/* Stopped itself. The runtime uses the top byte below bit 31, compartments may use the rest. */
#define FAULT_EXIT 0x80000000u
#define FAULT_EXIT_RETURNED 0x01000000u /* compartment_main returned */
#define FAULT_EXIT_ASSERT 0x02000000u   /* with the line of the ENSURE that failed */

#define FAULT_CFSR_FETCH 0x00000001u     /* no right to execute there */
#define FAULT_CFSR_MEMORY 0x00000002u    /* no right to read or write there */
#define FAULT_CFSR_STACKING 0x00000010u  /* its stack could not take an exception */
#define FAULT_CFSR_ADDRESS 0x00000080u   /* address is valid */
#define FAULT_CFSR_UNDEFINED 0x00010000u /* no such instruction */
#define FAULT_CFSR_STATE 0x00020000u     /* branched to an even address */
#define FAULT_CFSR_OVERFLOW 0x00100000u  /* stack overflow */
#define FAULT_CFSR_UNALIGNED 0x01000000u
#define FAULT_CFSR_DIVIDE 0x02000000u    /* division by zero */

#endif
