#include "device/kernel/system_table.h"

#include <string.h>

static bool range_inside(struct system_range range, struct system_range area)
{
    return range.size_bytes != 0 && range.base >= area.base && range.size_bytes <= area.size_bytes &&
           range.base - area.base <= area.size_bytes - range.size_bytes;
}

static bool range_aligned(struct system_range range)
{
    return range.base % SYSTEM_ALIGNMENT == 0 && range.size_bytes % SYSTEM_ALIGNMENT == 0;
}

static bool ranges_overlap(struct system_range a, struct system_range b)
{
    return a.base < b.base ? b.base - a.base < a.size_bytes : a.base - b.base < b.size_bytes;
}

static bool peripherals_valid(const struct system_compartment *entry, const struct system_limits *limits)
{
    for (size_t index = 0; index < SYSTEM_PERIPHERAL_COUNT_MAX; index++) {
        const struct system_range *wanted = &entry->peripherals[index];
        bool allowed = wanted->size_bytes == 0;
        for (size_t page = 0; page < limits->peripheral_count; page++) {
            allowed = allowed || (wanted->base == limits->peripherals[page].base &&
                                  wanted->size_bytes == limits->peripherals[page].size_bytes);
        }
        if (!allowed) {
            return false;
        }
    }
    return true;
}

static bool time_valid(const struct system_compartment *entry)
{
    return entry->budget_us >= SYSTEM_BUDGET_US_MIN && entry->budget_us <= SYSTEM_BUDGET_US_MAX &&
           entry->period_ms >= 1 && entry->period_ms <= SYSTEM_PERIOD_MS_MAX &&
           entry->budget_us <= entry->period_ms * 1000 && entry->over_budget <= SYSTEM_OVER_BUDGET_FAULT &&
           entry->deadline_ms <= SYSTEM_TIME_MS_MAX && entry->answer_ms <= SYSTEM_TIME_MS_MAX;
}

static bool restart_valid(const struct system_compartment *entry)
{
    return entry->restart_delay_ms >= 1 && entry->restart_delay_ms <= entry->restart_delay_max_ms &&
           entry->restart_delay_max_ms <= SYSTEM_TIME_MS_MAX && entry->restart_window_ms <= SYSTEM_TIME_MS_MAX &&
           (entry->restart_limit == 0 || entry->restart_window_ms != 0) && entry->restart_state <= SYSTEM_RESTART_KEEP;
}

/* Rounded up. */
static uint32_t share_permille(const struct system_compartment *entry)
{
    return (entry->budget_us + entry->period_ms - 1) / entry->period_ms;
}

static bool entry_valid(const struct system_compartment *entry, const struct system_limits *limits)
{
    return entry->name[SYSTEM_NAME_SIZE_BYTES - 1] == '\0' && entry->number >= limits->number_first &&
           entry->number - limits->number_first < limits->number_count && range_inside(entry->code, limits->code) &&
           range_aligned(entry->code) && range_inside(entry->ram, limits->ram) && range_aligned(entry->ram) &&
           entry->stack_size_bytes >= 256 && entry->stack_size_bytes % 8 == 0 &&
           entry->stack_size_bytes <= entry->ram.size_bytes && entry->priority >= 1 &&
           entry->priority <= SYSTEM_PRIORITY_MAX &&
           (entry->monitor_calls & ~limits->monitor_calls) == 0 &&
           (entry->interrupt == SYSTEM_NO_INTERRUPT || entry->interrupt == limits->interrupt) &&
           restart_valid(entry) && time_valid(entry) && peripherals_valid(entry, limits);
}

/* No number twice, no memory shared, one owner an interrupt. Code may not be shared either: two compartments each have
 * their own copy. */
static bool entry_fits(const struct system_compartment *entry, const struct system_compartment *entries,
                       uint32_t present)
{
    if ((present & (1u << entry->number)) != 0) {
        return false;
    }
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        if ((present & (1u << number)) == 0) {
            continue;
        }
        const struct system_compartment *other = &entries[number];
        if (ranges_overlap(entry->code, other->code) || ranges_overlap(entry->ram, other->ram) ||
            (entry->interrupt != SYSTEM_NO_INTERRUPT && entry->interrupt == other->interrupt)) {
            return false;
        }
    }
    return true;
}

static bool header_valid(const struct system_header *header, size_t image_size_bytes)
{
    return header->magic == SYSTEM_MAGIC && header->layout == SYSTEM_LAYOUT && header->count >= 1 &&
           header->count <= SYSTEM_COMPARTMENT_COUNT_MAX && header->endpoint_count <= SYSTEM_ENDPOINT_COUNT_MAX &&
           header->size_bytes == sizeof *header + header->count * sizeof(struct system_compartment) +
                                     header->endpoint_count * sizeof(struct system_endpoint) &&
           header->size_bytes <= image_size_bytes;
}

/* An endpoint belongs to a compartment of this very image: an app speaks for its own and nobody else's. */
static bool endpoints_valid(struct span endpoints, const struct system_limits *limits, uint32_t present)
{
    for (size_t offset = 0; offset < endpoints.size; offset += sizeof(struct system_endpoint)) {
        struct system_endpoint endpoint;
        memcpy(&endpoint, endpoints.data + offset, sizeof endpoint);
        uint32_t number = endpoint.compartment;
        bool own = number >= limits->number_first && number - limits->number_first < limits->number_count &&
                   (present & (1u << number)) != 0;
        bool serves = endpoint.kind == SYSTEM_ENDPOINT_LISTEN;
        bool connects = endpoint.kind == SYSTEM_ENDPOINT_TLS || endpoint.kind == SYSTEM_ENDPOINT_PLAIN;
        if (!own || endpoint.port == 0 || !(serves || connects) || (endpoint.address == 0) != serves) {
            return false;
        }
    }
    return true;
}

struct error system_table_read(struct span image, const struct system_limits *limits,
                               struct system_compartment entries[SYSTEM_COMPARTMENT_COUNT_MAX], uint32_t *present,
                               struct span *endpoints)
{
    struct system_header header;
    if (image.size < sizeof header) {
        return ERROR(KERNEL, SYSTEM);
    }
    memcpy(&header, image.data, sizeof header);
    if (!header_valid(&header, image.size)) {
        return ERROR(KERNEL, SYSTEM);
    }
    uint32_t filled = *present;
    uint32_t shares_permille = 0;
    for (uint32_t index = 0; index < header.count; index++) {
        struct system_compartment entry;
        memcpy(&entry, image.data + sizeof header + index * sizeof entry, sizeof entry);
        if (!entry_valid(&entry, limits) || !entry_fits(&entry, entries, filled)) {
            return ERROR(KERNEL, SYSTEM);
        }
        shares_permille += share_permille(&entry);
        if (shares_permille > limits->share_permille) {
            return ERROR(KERNEL, SYSTEM);
        }
        entries[entry.number] = entry;
        filled |= 1u << entry.number;
    }
    size_t endpoints_size = header.endpoint_count * sizeof(struct system_endpoint);
    struct span declared = span_of(image.data + header.size_bytes - endpoints_size, endpoints_size);
    if (!endpoints_valid(declared, limits, filled)) {
        return ERROR(KERNEL, SYSTEM);
    }
    *present = filled;
    *endpoints = declared;
    return ERROR_NONE;
}
