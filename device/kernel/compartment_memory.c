/* The one check between a compartment's pointer and the kernel's access through it (threat T-08). */
#include "device/kernel/compartment.h"

static bool inside(uint32_t address, uint32_t size_bytes, struct system_range range)
{
    return address >= range.base && size_bytes <= range.size_bytes &&
           address - range.base <= range.size_bytes - size_bytes;
}

bool compartment_may_write(uint32_t number, uint32_t address, uint32_t size_bytes)
{
    return size_bytes == 0 || inside(address, size_bytes, compartments[number].entry.ram);
}

bool compartment_may_read(uint32_t number, uint32_t address, uint32_t size_bytes)
{
    return compartment_may_write(number, address, size_bytes) ||
           inside(address, size_bytes, compartments[number].entry.code);
}
