/* The secure timer's tick on the host board: between calls, never in the middle of one. */
#ifndef DEVICE_BOARDS_HOST_RUNTIME_HOST_H
#define DEVICE_BOARDS_HOST_RUNTIME_HOST_H

void runtime_host_tick(void);

#endif
