/* Areas of the memory map that images run in. */
#include "device/hal/memory.h"

#include "base/ensure.h"
#include "device/abi/memory_map.h"

_Static_assert(sizeof(struct handoff) <= MEMORY_HANDOFF_SIZE, "the hand-over fits its place");

static struct buffer area(uintptr_t base, size_t size_bytes)
{
    return (struct buffer){(uint8_t *)base, size_bytes, 0};
}

struct buffer hal_memory_image_area(enum component component)
{
    switch (component) {
    case COMPONENT_MONITOR:
        return area(MEMORY_MONITOR_IMAGE_BASE, MEMORY_MONITOR_IMAGE_SIZE);
    case COMPONENT_BASE:
        return area(MEMORY_BASE_IMAGE_BASE, MEMORY_BASE_IMAGE_SIZE);
    case COMPONENT_APP:
        return area(MEMORY_APP_IMAGE_BASE, MEMORY_APP_IMAGE_SIZE);
    }
    ensure_failed(__FILE_NAME__, __LINE__);
}

struct handoff *hal_memory_handoff(void)
{
    return (struct handoff *)MEMORY_HANDOFF_BASE;
}
