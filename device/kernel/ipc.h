/* Messages between compartments: copied by the kernel between checked memory, only along declared pairs.
 * source  device/abi/kernel_call.h; threat T-08 */
#ifndef DEVICE_KERNEL_IPC_H
#define DEVICE_KERNEL_IPC_H

#include <stdint.h>

/* Kernel calls of the current compartment. Each either sets the result at once or blocks it. */
void ipc_call(uint32_t caller, uint32_t message_address);
void ipc_receive(uint32_t receiver, uint32_t receive_address);
void ipc_reply(uint32_t server, uint32_t caller, uint32_t data_address, uint32_t size_bytes);

void ipc_interrupt(uint32_t number);
void ipc_receive_timeout(uint32_t number);
/* A compartment stopped: whoever waits for it gets KERNEL_PEER_DOWN. */
void ipc_peer_down(uint32_t number);

/* Copies a kernel_message from the caller's memory and checks all it points to.
 * Returns ERROR_CODE_NONE or KERNEL_ARGUMENT. */
uint32_t ipc_message_take(uint32_t caller, uint32_t message_address);
/* Copies a reply into the waiting caller's memory and ends its call. code is passed on when it is not NONE. */
void ipc_message_answer(uint32_t caller, uint32_t code, const uint8_t *data, uint32_t size_bytes);

#endif
