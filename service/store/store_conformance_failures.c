/* Failures: groups, devices, filters and bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/token/evidence.h"
#include "service/store/store.h"
#include "service/store/store_conformance.h"

#define LISTED_COUNT_MAX 100

static struct {
    size_t count;
    struct failure_group groups[LISTED_COUNT_MAX];
    struct failure_device devices[LISTED_COUNT_MAX];
    char shares[LISTED_COUNT_MAX];
} listed;

static void ok(struct error error)
{
    if (!error_is_none(error)) {
        fail_msg("%s", error_name(error));
    }
}

static void see_group(void *context, const struct failure_group *group)
{
    (void)context;
    listed.groups[listed.count++] = *group;
}

static void see_device(void *context, const struct failure_device *device)
{
    (void)context;
    listed.devices[listed.count++] = *device;
}

static void see_share(void *context, const char *group, uint64_t count, uint64_t device_count)
{
    char line[64];
    (void)context;
    snprintf(line, sizeof line, "%s:%u/%u ", group, (unsigned int)count, (unsigned int)device_count);
    strcat(listed.shares, line);
}

static size_t list(struct store *store, const struct failure_filter *filter)
{
    listed.count = 0;
    ok(store_failure_list(store, filter, LISTED_COUNT_MAX, see_group, NULL));
    return listed.count;
}

static struct ueid device(uint8_t number)
{
    return (struct ueid){.bytes = {1, number}};
}

static struct failure_record record(uint32_t pc)
{
    return (struct failure_record){
        .number = 1, .boot_count = 3, .uptime_s = 9, .kind = FAULT_COMPARTMENT, .component = COMPONENT_APP,
        .sequence = 4, .digest = {{7}}, .compartment = 8, .name = "plc", .cause = 0x82, .pc = pc, .lr = 5, .address = 6};
}

static bool add(struct store *store, uint8_t number, uint32_t pc, uint64_t count, uint64_t time_s)
{
    struct ueid ueid = device(number);
    struct failure_record failure = record(pc);
    bool has_room = false;
    ok(store_failure_add(store, &ueid, &failure, count, time_s, &has_room));
    return has_room;
}

void store_failures_are_grouped_and_filtered(struct store *store)
{
    struct ueid first = device(1);
    struct release_record release = {.component = COMPONENT_APP, .sequence = 4, .digest = {{7}}, .version = "0.4.0"};
    struct failure_group group;
    assert_int_equal(list(store, &(struct failure_filter){0}), 0);
    assert_true(add(store, 1, 100, 2, 50));
    assert_true(add(store, 1, 100, 3, 60));
    assert_true(add(store, 2, 100, 1, 70));
    assert_true(add(store, 2, 200, 1, 55));
    assert_int_equal(list(store, &(struct failure_filter){0}), 2);
    assert_int_equal(listed.groups[0].pc, 100);
    assert_int_equal(listed.groups[0].count, 6);
    assert_int_equal(listed.groups[0].device_count, 2);
    assert_int_equal(listed.groups[0].first_s, 50);
    assert_int_equal(listed.groups[0].last_s, 70);
    assert_string_equal(listed.groups[0].name, "plc");
    assert_int_equal(list(store, &(struct failure_filter){.ueid = &first}), 1);
    assert_int_equal(listed.groups[0].count, 5);
    ok(store_group_set(store, &first, "lab"));
    assert_int_equal(list(store, &(struct failure_filter){.group = "lab"}), 1);
    assert_int_equal(listed.groups[0].device_count, 1);
    assert_int_equal(list(store, &(struct failure_filter){.group = "other"}), 0);
    assert_int_equal(list(store, &(struct failure_filter){.version = "0.4.0"}), 0);
    ok(store_release_add(store, &release));
    assert_int_equal(list(store, &(struct failure_filter){.version = "0.4.0"}), 2);
    ok(store_failure_load(store, listed.groups[0].number, &group));
    assert_int_equal(group.count, 6);
    assert_true(error_is(store_failure_load(store, 99, &group), ERROR_CODE_STORE_NOT_FOUND));
    assert_true(error_is(store_failure_load(store, 0, &group), ERROR_CODE_STORE_NOT_FOUND));
    listed.count = 0;
    ok(store_failure_device_list(store, group.number, LISTED_COUNT_MAX, see_device, NULL));
    assert_int_equal(listed.count, 2);
    assert_int_equal(listed.devices[1].count, 5);
    assert_int_equal(listed.devices[1].address, 6);
    listed.shares[0] = '\0';
    ok(store_failure_group_list(store, group.number, see_share, NULL));
    assert_string_equal(listed.shares, ":1/1 lab:5/1 ");
}

void store_failures_of_a_device_are_bounded(struct store *store)
{
    struct failure_log_state state;
    struct ueid ueid = device(1);
    for (uint32_t pc = 0; pc < FAILURE_DEVICE_GROUP_COUNT_MAX; pc++) {
        assert_true(add(store, 1, pc, 1, 50));
    }
    assert_false(add(store, 1, FAILURE_DEVICE_GROUP_COUNT_MAX, 1, 51));
    assert_true(add(store, 1, 0, 1, 52));
    assert_true(add(store, 2, FAILURE_DEVICE_GROUP_COUNT_MAX, 1, 53));
    assert_int_equal(list(store, &(struct failure_filter){0}), FAILURE_DEVICE_GROUP_COUNT_MAX + 1);
    ok(store_failure_log_load(store, &ueid, &state));
    assert_int_equal(state.taken.number, 0);
    ok(store_failure_log_save(store, &ueid, &(struct failure_log_state){.taken = {5, 9}, .lost = 2, .overflow = 3}));
    ok(store_failure_log_save(store, &ueid, &(struct failure_log_state){.taken = {6, 10}, .lost = 4, .overflow = 5}));
    ok(store_failure_log_load(store, &ueid, &state));
    assert_int_equal(state.taken.log, 6);
    assert_int_equal(state.taken.number, 10);
    assert_int_equal(state.lost, 4);
    assert_int_equal(state.overflow, 5);
}

static void see_elf(void *context, const struct sha256_digest *elf)
{
    (void)elf;
    ++*(size_t *)context;
}

void store_symbols_are_looked_up_once(struct store *store)
{
    struct failure_group group;
    struct sha256_digest image = {{7}};
    struct sha256_digest elf = {{1}};
    size_t count = 0;
    assert_true(add(store, 1, 100, 1, 50));
    assert_true(error_is(store_failure_next_symbol(store, &group), ERROR_CODE_STORE_NOT_FOUND));
    ok(store_elf_add(store, &image, &elf));
    ok(store_elf_add(store, &image, &elf));
    ok(store_failure_next_symbol(store, &group));
    assert_int_equal(group.pc, 100);
    ok(store_failure_set_symbol(store, group.number, "", ""));
    assert_true(error_is(store_failure_next_symbol(store, &group), ERROR_CODE_STORE_NOT_FOUND));
    /* Another program of the image may know it. */
    for (uint8_t number = 2; number <= FAILURE_ELF_COUNT_MAX; number++) {
        elf.bytes[0] = number;
        ok(store_elf_add(store, &image, &elf));
    }
    elf.bytes[0] = FAILURE_ELF_COUNT_MAX + 1;
    assert_true(error_is(store_elf_add(store, &image, &elf), ERROR_CODE_STORE_CONFLICT));
    ok(store_failure_next_symbol(store, &group));
    ok(store_failure_set_symbol(store, group.number, "scan", "plc.c:12"));
    elf.bytes[0] = 1;
    ok(store_elf_add(store, &image, &elf));
    assert_true(error_is(store_failure_next_symbol(store, &group), ERROR_CODE_STORE_NOT_FOUND));
    ok(store_failure_load(store, group.number, &group));
    assert_string_equal(group.symbol, "scan");
    assert_string_equal(group.place, "plc.c:12");
    ok(store_elf_list(store, &image, FAILURE_ELF_COUNT_MAX, see_elf, &count));
    assert_int_equal(count, FAILURE_ELF_COUNT_MAX);
}
