#include "device/compartments/net/net_allow.h"

struct error net_allow_check(uint32_t compartment, uint32_t address, uint16_t port)
{
    for (size_t i = 0; i < net_allow_count; i++) {
        const struct net_allow_entry *entry = &net_allow_table[i];
        if (entry->compartment == compartment && entry->address == address && entry->port == port) {
            return ERROR_NONE;
        }
    }
    return ERROR(NET, NOT_DECLARED);
}
