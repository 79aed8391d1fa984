/* Registers of the secure world that ROM and monitor use through hal/; addresses in device/abi/memory_map.h.
 * source  docs/boards/mps3-an524.md */
#ifndef DEVICE_BOARDS_MPS3_AN524_REGISTERS_H
#define DEVICE_BOARDS_MPS3_AN524_REGISTERS_H

#include <stdint.h>

static inline volatile uint32_t *register_at(uintptr_t base, uintptr_t offset_bytes)
{
    return (volatile uint32_t *)(base + offset_bytes);
}

#endif
