#include "device/abi/slot.h"

#include "base/ensure.h"
#include "device/abi/flash_map.h"

_Static_assert(SLOT_HEADER_SIZE_BYTES == FLASH_BLOCK_SIZE, "a header is one erase block");

/* Where a component's slots lie: A, and B right behind it. */
static const struct {
    uint32_t offset_bytes;
    uint32_t size_bytes;
} places[] = {
    [COMPONENT_MONITOR] = {FLASH_MONITOR_A_OFFSET, FLASH_MONITOR_SLOT_SIZE},
    [COMPONENT_BASE] = {FLASH_BASE_A_OFFSET, FLASH_BASE_SLOT_SIZE},
    [COMPONENT_APP] = {FLASH_APP_A_OFFSET, FLASH_APP_SLOT_SIZE},
};
_Static_assert(sizeof(places) / sizeof(places[0]) == COMPONENT_COUNT + 1, "a place for each component");
_Static_assert(FLASH_MONITOR_SLOT_SIZE == SLOT_MONITOR_SIZE_BYTES && FLASH_BASE_SLOT_SIZE == SLOT_BASE_SIZE_BYTES &&
                   FLASH_APP_SLOT_SIZE == SLOT_APP_SIZE_BYTES,
               "slots are as large as tools and service believe");
_Static_assert(FLASH_MONITOR_B_OFFSET == FLASH_MONITOR_A_OFFSET + FLASH_MONITOR_SLOT_SIZE &&
                   FLASH_BASE_B_OFFSET == FLASH_BASE_A_OFFSET + FLASH_BASE_SLOT_SIZE &&
                   FLASH_APP_B_OFFSET == FLASH_APP_A_OFFSET + FLASH_APP_SLOT_SIZE,
               "slot B begins where slot A ends");

uint32_t slot_offset_bytes(enum component component, uint32_t slot_index)
{
    ENSURE(slot_index < SLOT_COUNT);
    uint32_t size_bytes = slot_size_bytes(component);
    return places[component].offset_bytes + slot_index * size_bytes;
}

uint32_t slot_size_bytes(enum component component)
{
    ENSURE(component >= COMPONENT_MONITOR && component <= COMPONENT_COUNT);
    return places[component].size_bytes;
}
