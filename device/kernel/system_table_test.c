/* Tables of compartments as untrusted numbers: one that is right, and each way of being wrong (T-08). */
#include "device/abi/monitor_call.h"
#include "device/kernel/system_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CODE_BASE 0x28060000u
#define CODE_SIZE 0x10000u
#define RAM_BASE 0x28070000u
#define RAM_SIZE 0x10000u
#define PAGE 0x41302000u

struct image {
    struct system_header header;
    struct system_compartment entries[2];
    struct system_endpoint endpoints[3];
};

static const struct system_range pages[] = {{PAGE, 0x1000}};
static const struct system_limits limits = {
    .code = {CODE_BASE, CODE_SIZE},
    .ram = {RAM_BASE, RAM_SIZE},
    .number_first = SYSTEM_APP_FIRST,
    .number_count = SYSTEM_COMPARTMENT_COUNT_MAX - SYSTEM_APP_FIRST,
    .peripherals = pages,
    .peripheral_count = 1,
    .monitor_calls = 1u << MONITOR_CALL_STORE,
    .share_permille = 500,
    .interrupt = SYSTEM_NO_INTERRUPT,
};

static struct image image_make(void)
{
    struct image image = {.header = {SYSTEM_MAGIC, SYSTEM_LAYOUT, 2, 3, sizeof image}};
    image.endpoints[0] = (struct system_endpoint){SYSTEM_APP_FIRST, SYSTEM_ENDPOINT_TLS, 8883, 0x0A000264};
    image.endpoints[1] = (struct system_endpoint){SYSTEM_APP_FIRST + 1, SYSTEM_ENDPOINT_PLAIN, 80, 0x0A000264};
    image.endpoints[2] = (struct system_endpoint){SYSTEM_APP_FIRST + 1, SYSTEM_ENDPOINT_LISTEN, 502, 0};
    for (uint32_t index = 0; index < 2; index++) {
        struct system_compartment *entry = &image.entries[index];
        memcpy(entry->name, "one", 4);
        entry->number = SYSTEM_APP_FIRST + index;
        entry->code = (struct system_range){CODE_BASE + 0x100 + index * 0x1000, 0x1000};
        entry->ram = (struct system_range){RAM_BASE + index * 0x2000, 0x2000};
        entry->stack_size_bytes = 1024;
        entry->priority = 1 + index;
        entry->interrupt = SYSTEM_NO_INTERRUPT;
        entry->restart_delay_ms = 10;
        entry->restart_delay_max_ms = 1000;
        entry->restart_limit = 3;
        entry->restart_window_ms = 60000;
        entry->budget_us = 2500;
        entry->period_ms = 10;
        entry->monitor_calls = 1u << MONITOR_CALL_STORE;
        entry->peripherals[0] = pages[0];
    }
    return image;
}

static struct system_compartment entries[SYSTEM_COMPARTMENT_COUNT_MAX];
static struct span endpoints;

static struct error image_read(const struct image *image, size_t size_bytes, uint32_t *present)
{
    return system_table_read(span_of(image, size_bytes), &limits, entries, present, &endpoints);
}

static void accepts_a_right_table(void **state)
{
    (void)state;
    struct image image = image_make();
    uint32_t present = 1;
    memset(&entries[0], 0, sizeof entries[0]);
    assert_true(error_is_none(image_read(&image, sizeof image, &present)));
    assert_int_equal(present, 1u | 3u << SYSTEM_APP_FIRST);
    assert_memory_equal(&entries[SYSTEM_APP_FIRST + 1], &image.entries[1], sizeof image.entries[1]);
    assert_int_equal(endpoints.size, sizeof image.endpoints);
    assert_memory_equal(endpoints.data, image.endpoints, sizeof image.endpoints);
}

static void refuses_truncated_tables(void **state)
{
    (void)state;
    struct image image = image_make();
    for (size_t size_bytes = 0; size_bytes < sizeof image; size_bytes++) {
        uint32_t present = 0;
        assert_true(error_is(image_read(&image, size_bytes, &present), ERROR_CODE_KERNEL_SYSTEM));
        assert_int_equal(present, 0);
    }
}

/* One number of the second entry, or of the header, set to what it must not be. */
struct wrong {
    size_t offset_bytes;
    uint32_t value;
};

#define HEADER(field) offsetof(struct image, header.field)
#define ENDPOINT(index) (offsetof(struct image, endpoints) + (index) * sizeof(struct system_endpoint))
#define ENTRY(field) (offsetof(struct image, entries[1]) + offsetof(struct system_compartment, field))

static const struct wrong wrongs[] = {
    {HEADER(magic), 0},
    {HEADER(layout), SYSTEM_LAYOUT + 1},
    {HEADER(layout), SYSTEM_LAYOUT - 1},
    {HEADER(count), 0},
    {HEADER(count), 3},
    {HEADER(count), 0xFFFFFFFF},
    {HEADER(endpoint_count), 2},
    {HEADER(endpoint_count), 4},
    {HEADER(endpoint_count), 0xFFFFFFFF},
    {HEADER(size_bytes), 0},
    {HEADER(size_bytes), 0xFFFFFFFF},
    {ENTRY(name[12]), 0x41414141}, /* no zero at the end */
    {ENTRY(number), SYSTEM_APP_FIRST}, /* the other's */
    {ENTRY(number), 0},            /* base's */
    {ENTRY(number), SYSTEM_COMPARTMENT_COUNT_MAX},
    {ENTRY(number), 0xFFFFFFFF},
    {ENTRY(code.base), CODE_BASE + 0x100}, /* the other's */
    {ENTRY(code.base), CODE_BASE + 0x10E0}, /* overlaps the other's by its last 32 bytes */
    {ENTRY(code.base), CODE_BASE - 0x20},
    {ENTRY(code.base), CODE_BASE + 0x1110},
    {ENTRY(code.base), 0x30000000},
    {ENTRY(code.base), CODE_BASE + CODE_SIZE - 0x20},
    {ENTRY(code.size_bytes), 0},
    {ENTRY(code.size_bytes), 0x1010},
    {ENTRY(code.size_bytes), CODE_SIZE},
    {ENTRY(code.size_bytes), 0xFFFFFFE0},
    {ENTRY(ram.base), RAM_BASE},
    {ENTRY(ram.base), RAM_BASE + 0x1FE0},
    {ENTRY(ram.base), RAM_BASE - 0x2000},
    {ENTRY(ram.base), 0x28036000}, /* the kernel's */
    {ENTRY(ram.base), RAM_BASE + 0x2004},
    {ENTRY(ram.size_bytes), 0},
    {ENTRY(ram.size_bytes), RAM_SIZE},
    {ENTRY(ram.size_bytes), 0xFFFFFFE0},
    {ENTRY(stack_size_bytes), 0},
    {ENTRY(stack_size_bytes), 1028},
    {ENTRY(stack_size_bytes), 0x2008},
    {ENTRY(stack_size_bytes), 0xFFFFFFF8},
    {ENTRY(priority), 0},
    {ENTRY(priority), SYSTEM_PRIORITY_MAX + 1},
    {ENTRY(interrupt), 48}, /* not handed out by these limits */
    {ENTRY(monitor_calls), 1u << MONITOR_CALL_RESET},
    {ENTRY(monitor_calls), 1u << MONITOR_CALL_STORE | 1u << MONITOR_CALL_EVIDENCE},
    {ENTRY(restart_delay_ms), 0},
    {ENTRY(restart_delay_ms), 1001}, /* above the maximum */
    {ENTRY(restart_delay_max_ms), 3600001},
    {ENTRY(restart_window_ms), 0}, /* with a limit */
    {ENTRY(restart_window_ms), 3600001},
    {ENTRY(restart_state), 2},
    {ENTRY(budget_us), 0},
    {ENTRY(budget_us), 99},
    {ENTRY(budget_us), 10001}, /* more than its period has */
    {ENTRY(budget_us), 2501},  /* more than is left for an app */
    {ENTRY(budget_us), 0xFFFFFFFF},
    {ENTRY(period_ms), 0},
    {ENTRY(period_ms), 9},     /* more than is left for an app */
    {ENTRY(period_ms), 1001},
    {ENTRY(period_ms), 0xFFFFFFFF},
    {ENTRY(over_budget), 3},
    {ENTRY(deadline_ms), 3600001},
    {ENTRY(answer_ms), 3600001},
    {ENTRY(peripherals[3].size_bytes), 32},
    {ENTRY(peripherals[0].base), 0x41400000},
    {ENTRY(peripherals[0].base), 0x50081000},
    {ENTRY(peripherals[0].size_bytes), 0x2000},
    {ENDPOINT(0), 8883u << 16 | SYSTEM_ENDPOINT_TLS << 8 | 1},                        /* base's compartment */
    {ENDPOINT(0), 8883u << 16 | SYSTEM_ENDPOINT_TLS << 8 | (SYSTEM_APP_FIRST + 2)},   /* nobody's */
    {ENDPOINT(0), 8883u << 16 | SYSTEM_ENDPOINT_TLS << 8 | 0xFF},
    {ENDPOINT(0), 8883u << 16 | SYSTEM_APP_FIRST},                                    /* no kind */
    {ENDPOINT(0), 8883u << 16 | 4 << 8 | SYSTEM_APP_FIRST},
    {ENDPOINT(0), SYSTEM_ENDPOINT_TLS << 8 | SYSTEM_APP_FIRST},                       /* no port */
    {ENDPOINT(0), 8883u << 16 | SYSTEM_ENDPOINT_LISTEN << 8 | SYSTEM_APP_FIRST},      /* serves at an address */
    {ENDPOINT(2), 502u << 16 | SYSTEM_ENDPOINT_PLAIN << 8 | (SYSTEM_APP_FIRST + 1)},  /* connects to none */
};

static void refuses_each_wrong_number(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof wrongs / sizeof wrongs[0]; index++) {
        struct image image = image_make();
        memcpy((uint8_t *)&image + wrongs[index].offset_bytes, &wrongs[index].value, sizeof wrongs[index].value);
        uint32_t present = 0;
        struct error error = image_read(&image, sizeof image, &present);
        if (!error_is(error, ERROR_CODE_KERNEL_SYSTEM) || present != 0) {
            fail_msg("number %zu of the list was accepted", index);
        }
    }
}

static void refuses_what_is_taken_by_an_earlier_table(void **state)
{
    (void)state;
    struct image image = image_make();
    uint32_t present = 0;
    assert_true(error_is_none(image_read(&image, sizeof image, &present)));
    assert_true(error_is(image_read(&image, sizeof image, &present), ERROR_CODE_KERNEL_SYSTEM));
    assert_int_equal(present, 3u << SYSTEM_APP_FIRST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_right_table),
        cmocka_unit_test(refuses_truncated_tables),
        cmocka_unit_test(refuses_each_wrong_number),
        cmocka_unit_test(refuses_what_is_taken_by_an_earlier_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
