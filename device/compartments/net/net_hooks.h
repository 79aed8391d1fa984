/* What lwIP calls in us. */
#ifndef DEVICE_COMPARTMENTS_NET_NET_HOOKS_H
#define DEVICE_COMPARTMENTS_NET_NET_HOOKS_H

#include <stdint.h>

uint32_t net_random_u32(void);
__attribute__((noreturn)) void net_hooks_assert_failed(uint32_t line);

#endif
