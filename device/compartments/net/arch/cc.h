/* lwIP's view of the compiler and of us. */
#ifndef DEVICE_COMPARTMENTS_NET_ARCH_CC_H
#define DEVICE_COMPARTMENTS_NET_ARCH_CC_H

#include <stdint.h>

uint32_t net_random_u32(void);
__attribute__((noreturn)) void net_hooks_assert_failed(uint32_t line);

#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_UNISTD_H 1
#define LWIP_PROVIDE_ERRNO 1
#define LWIP_RAND() net_random_u32()
#define LWIP_PLATFORM_DIAG(message)
/* A broken invariant of lwIP ends this compartment; the kernel starts it anew. */
#define LWIP_PLATFORM_ASSERT(message) net_hooks_assert_failed((uint32_t)__LINE__)

#define X8_F "x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "u"

#endif
