/* What waits for the monitor: calls of compartments, and the kernel's own records of faults. One privileged thread
 * (monitor_thread.c) takes them one by one, so that the monitor is never entered twice (threat T-09). */
#ifndef DEVICE_KERNEL_MONITOR_QUEUE_H
#define DEVICE_KERNEL_MONITOR_QUEUE_H

#include "device/kernel/compartment.h"
#include "device/kernel/fault_queue.h"

#include <stddef.h>
#include <stdint.h>

/* Calls of handlers. */
void monitor_queue_call(uint32_t caller, uint32_t message_address); /* KERNEL_CALL_MONITOR */
void monitor_queue_log(uint32_t caller, uint32_t text_address, uint32_t size_bytes);
void monitor_queue_fault(uint32_t number, enum fault_record_kind kind, const struct compartment_fault *fault);
/* A use of something not declared; at most one record a second and compartment, so that nobody floods the record.
 * The record's cause is kernel_call, with the port in the upper half if it was net that refused; its address is what. */
void monitor_queue_undeclared(uint32_t number, uint32_t kernel_call, uint32_t what);

/* Budgets have changed, or who waits has. */
void monitor_queue_prioritise(void);
/* For whom the monitor works now; not a compartment's number: for nobody in particular. */
uint32_t monitor_queue_client(void);
/* The compartment was stopped: the answer to its call under way goes to nobody. */
void monitor_queue_forget(uint32_t number);

/* Writes who asks into a request for a stored object, whatever it says itself (threats T-08, T-21).
 * data  the kernel's copy, in the mailbox */
void monitor_queue_name_owner(uint32_t caller, uint32_t call, size_t size_bytes, uint8_t *data);

/* Calls of the monitor thread, through the supervisor call: the next piece of work is put into the mailbox.
 * Returns the number of the call, 0 when there is none (the thread then sleeps until there is). */
uint32_t monitor_queue_take(uint32_t *size_bytes);
/* The call returned with code. True: the monitor says that it verified and copied an app image. */
bool monitor_queue_done(uint32_t code);

#endif
