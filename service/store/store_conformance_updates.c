/* Images, rollouts and targets, for every backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "service/store/store.h"
#include "service/store/store_conformance.h"

static void ok(struct error error)
{
    if (!error_is_none(error)) {
        fail_msg("%s", error_name(error));
    }
}

static void not_found(struct error error)
{
    assert_true(error_is(error, ERROR_CODE_STORE_NOT_FOUND));
}

static void count_image(void *context, const struct image_record *image)
{
    assert_int_equal(image->component, COMPONENT_BASE);
    ++*(size_t *)context;
}

/* By a rollout, by a device that runs it, by nobody. */
static void image_is_needed_and_goes(struct store *store, const struct image_record *image)
{
    struct rollout_record rollout = {.component = COMPONENT_BASE, .file_digest = image->file_digest,
                                     .state = ROLLOUT_FINISHED};
    struct device_record device = {.ueid = {{1}}, .measurement_count = 2};
    struct image_record got;
    struct image_needs needs;
    device.measurements[0] = (struct measurement){.component = COMPONENT_MONITOR};
    device.measurements[1] = (struct measurement){.component = COMPONENT_BASE, .digest = image->digest};
    ok(store_image_needs(store, image, &needs));
    assert_int_equal(needs.rollout_count + needs.device_count, 0);
    ok(store_rollout_add(store, &rollout));
    ok(store_device_save(store, &device));
    ok(store_image_needs(store, image, &needs));
    assert_int_equal(needs.rollout_count, 1);
    assert_int_equal(needs.device_count, 1);
    rollout.state = ROLLOUT_ABORTED;
    ok(store_rollout_save(store, &rollout));
    ok(store_image_needs(store, image, &needs));
    assert_int_equal(needs.rollout_count, 0);
    ok(store_image_delete(store, &image->file_digest));
    not_found(store_image_delete(store, &image->file_digest));
    not_found(store_image_load(store, &image->file_digest, &got));
}

void store_images_are_found_by_release(struct store *store)
{
    struct image_record image = {.file_digest = {{1}}, .file_size_bytes = 5000, .component = COMPONENT_BASE,
                                 .sequence = 4, .digest = {{2}}, .authority = {{3}}, .added_s = 9,
                                 .keyset_root = {{6}}, .keyset_generation = 7};
    struct image_record got;
    size_t count = 0;
    not_found(store_image_find(store, COMPONENT_BASE, 4, &got));
    ok(store_image_add(store, &image));
    ok(store_image_add(store, &image));
    ok(store_image_find(store, COMPONENT_BASE, 4, &got));
    assert_memory_equal(&got.file_digest, &image.file_digest, sizeof got.file_digest);
    assert_memory_equal(&got.digest, &image.digest, sizeof got.digest);
    assert_memory_equal(&got.authority, &image.authority, sizeof got.authority);
    assert_int_equal(got.file_size_bytes, 5000);
    assert_int_equal(got.component, COMPONENT_BASE);
    assert_int_equal(got.sequence, 4);
    assert_int_equal(got.added_s, 9);
    assert_memory_equal(&got.keyset_root, &image.keyset_root, sizeof got.keyset_root);
    assert_int_equal(got.keyset_generation, 7);
    not_found(store_image_find(store, COMPONENT_APP, 4, &got));
    not_found(store_image_find(store, COMPONENT_BASE, 5, &got));
    image.file_digest.bytes[31] = 1; /* published again under another key set */
    ok(store_image_add(store, &image));
    ok(store_image_find(store, COMPONENT_BASE, 4, &got));
    assert_int_equal(got.file_digest.bytes[31], 1);
    ok(store_image_list(store, count_image, &count));
    assert_int_equal(count, 2);
    ok(store_image_load(store, &image.file_digest, &got));
    assert_int_equal(got.sequence, 4);
    image_is_needed_and_goes(store, &image);
}

static struct rollout_record sample(enum component component)
{
    return (struct rollout_record){.component = component, .sequence = UINT32_MAX, .digest = {{1}},
                                   .authority = {{2}}, .file_digest = {{3}}, .file_size_bytes = 5000, .percent = 10,
                                   .rate_per_minute = 7, .failures_max = 2, .failures_forgiven = 1,
                                   .state = ROLLOUT_RUNNING, .started_s = 9, .rings = {10, 50, 100},
                                   .ring_wait_s = 60, .ring_opened_s = 8, .success_percent_min = 75,
                                   .window_start_hour = 22, .window_end_hour = 6};
}

static void same(const struct rollout_record *got, const struct rollout_record *wanted)
{
    assert_int_equal(got->number, wanted->number);
    assert_int_equal(got->component, wanted->component);
    assert_int_equal(got->sequence, wanted->sequence);
    assert_memory_equal(&got->digest, &wanted->digest, sizeof got->digest);
    assert_memory_equal(&got->authority, &wanted->authority, sizeof got->authority);
    assert_memory_equal(&got->file_digest, &wanted->file_digest, sizeof got->file_digest);
    assert_int_equal(got->file_size_bytes, wanted->file_size_bytes);
    assert_int_equal(got->percent, wanted->percent);
    assert_int_equal(got->rate_per_minute, wanted->rate_per_minute);
    assert_int_equal(got->failures_max, wanted->failures_max);
    assert_int_equal(got->failures_forgiven, wanted->failures_forgiven);
    assert_int_equal(got->state, wanted->state);
    assert_int_equal(got->started_s, wanted->started_s);
    assert_string_equal(got->group, wanted->group);
    assert_memory_equal(got->rings, wanted->rings, sizeof got->rings);
    assert_int_equal(got->ring_wait_s, wanted->ring_wait_s);
    assert_int_equal(got->ring_opened_s, wanted->ring_opened_s);
    assert_int_equal(got->success_percent_min, wanted->success_percent_min);
    assert_int_equal(got->window_start_hour, wanted->window_start_hour);
    assert_int_equal(got->window_end_hour, wanted->window_end_hour);
}

static void newest_first(void *context, const struct rollout_record *rollout)
{
    uint64_t *previous = context;
    assert_true(rollout->number < *previous);
    *previous = rollout->number;
}

void store_one_rollout_of_a_component_is_open(struct store *store)
{
    struct rollout_record rollout = sample(COMPONENT_BASE);
    struct rollout_record second = sample(COMPONENT_BASE);
    struct rollout_record app = sample(COMPONENT_APP);
    struct rollout_record got;
    uint64_t previous = UINT64_MAX;
    not_found(store_rollout_find_open(store, COMPONENT_BASE, "", &got));
    ok(store_rollout_add(store, &rollout));
    ok(store_rollout_add(store, &app));
    ok(store_rollout_find_open(store, COMPONENT_BASE, "", &got));
    same(&got, &rollout);
    static const enum rollout_state open[] = {ROLLOUT_PAUSED, ROLLOUT_HALTED, ROLLOUT_RUNNING};
    for (size_t index = 0; index < 3; index++) {
        rollout.state = open[index];
        rollout.percent++;
        rollout.failures_forgiven++;
        rollout.ring_opened_s++;
        ok(store_rollout_save(store, &rollout));
        ok(store_rollout_load(store, rollout.number, &got));
        same(&got, &rollout);
        assert_true(error_is(store_rollout_add(store, &second), ERROR_CODE_STORE_CONFLICT));
    }
    rollout.state = ROLLOUT_ABORTED;
    ok(store_rollout_save(store, &rollout));
    not_found(store_rollout_find_open(store, COMPONENT_BASE, "", &got));
    ok(store_rollout_add(store, &second));
    assert_true(second.number > app.number && app.number > rollout.number);
    ok(store_rollout_list(store, 2, newest_first, &previous));
    assert_int_equal(previous, app.number);
    rollout.number = 1000;
    not_found(store_rollout_save(store, &rollout));
    not_found(store_rollout_load(store, 1000, &got));
}

struct seen_targets {
    size_t count;
    uint8_t first_bytes[8];
};

static void note_target(void *context, const struct rollout_target *target)
{
    struct seen_targets *seen = context;
    assert_true(seen->count < sizeof seen->first_bytes);
    seen->first_bytes[seen->count++] = target->ueid.bytes[0];
}

void store_targets_are_counted(struct store *store)
{
    struct rollout_record rollout = sample(COMPONENT_BASE);
    struct rollout_target got;
    struct rollout_counts counts;
    ok(store_rollout_add(store, &rollout));
    for (uint8_t number = 1; number <= 6; number++) {
        struct rollout_target target = {.rollout = rollout.number, .ueid = {{number}}, .state = TARGET_OFFERED,
                                        .epoch = UINT32_MAX, .boot_count = number, .offered_s = 100u + number,
                                        .changed_s = 5};
        not_found(store_target_load(store, rollout.number, &target.ueid, &got));
        ok(store_target_save(store, &target));
        target.state = number <= 3 ? TARGET_RUNNING : number <= 5 ? TARGET_FAILED : TARGET_OFFERED;
        target.changed_s = 6;
        ok(store_target_save(store, &target));
        ok(store_target_load(store, rollout.number, &target.ueid, &got));
        assert_int_equal(got.state, target.state);
        assert_int_equal(got.epoch, UINT32_MAX);
        assert_int_equal(got.boot_count, number);
        assert_int_equal(got.offered_s, 100u + number);
        assert_int_equal(got.changed_s, 6);
        not_found(store_target_load(store, rollout.number + 1, &target.ueid, &got));
    }
    ok(store_target_count(store, rollout.number, 104, &counts));
    assert_int_equal(counts.offered, 6);
    assert_int_equal(counts.offered_since, 2);
    assert_int_equal(counts.running, 3);
    assert_int_equal(counts.failed, 2);
    struct seen_targets seen = {0};
    ok(store_target_list(store, rollout.number, 4, note_target, &seen));
    assert_int_equal(seen.count, 4);
    static const uint8_t order[] = {4, 5, 6, 1}; /* failed, under way, running */
    assert_memory_equal(seen.first_bytes, order, sizeof order);
    ok(store_target_count(store, rollout.number + 1, 0, &counts));
    assert_int_equal(counts.offered_since + counts.running + counts.failed, 0);
}

static void grouped(struct rollout_record *rollout, const char *group, uint32_t sequence)
{
    *rollout = sample(COMPONENT_BASE);
    snprintf(rollout->group, sizeof rollout->group, "%s", group);
    rollout->sequence = sequence;
}

void store_rollouts_of_groups_do_not_overlap(struct store *store)
{
    struct rollout_record roof, cellar, all, got;
    struct rollout_reach reach;
    ok(store_rollout_reach(store, &reach));
    assert_int_equal(reach.open | reach.finished, 0);
    grouped(&roof, "roof", 4);
    grouped(&cellar, "cellar", 5);
    grouped(&all, "", 6);
    ok(store_rollout_add(store, &roof));
    ok(store_rollout_add(store, &cellar));
    assert_true(error_is(store_rollout_add(store, &all), ERROR_CODE_STORE_CONFLICT));
    assert_true(error_is(store_rollout_add(store, &roof), ERROR_CODE_STORE_CONFLICT));
    ok(store_rollout_find_open(store, COMPONENT_BASE, "roof", &got));
    same(&got, &roof);
    not_found(store_rollout_find_open(store, COMPONENT_BASE, "", &got));
    not_found(store_rollout_find_open(store, COMPONENT_BASE, "attic", &got));
    roof.state = ROLLOUT_FINISHED;
    cellar.state = ROLLOUT_FINISHED;
    ok(store_rollout_save(store, &roof));
    ok(store_rollout_save(store, &cellar));
    ok(store_rollout_add(store, &all));
    ok(store_rollout_find_open(store, COMPONENT_BASE, "roof", &got));
    same(&got, &all);
    grouped(&got, "roof", 7);
    assert_true(error_is(store_rollout_add(store, &got), ERROR_CODE_STORE_CONFLICT));
    roof.state = ROLLOUT_RUNNING; /* what is closed stays closed */
    not_found(store_rollout_save(store, &roof));
    roof.state = ROLLOUT_FINISHED;
    all.state = ROLLOUT_FINISHED;
    all.sequence = 3;
    ok(store_rollout_find_finished(store, COMPONENT_BASE, "roof", &got));
    same(&got, &roof);
    ok(store_rollout_find_finished(store, COMPONENT_BASE, "cellar", &got));
    assert_int_equal(got.sequence, 5);
    not_found(store_rollout_find_finished(store, COMPONENT_APP, "roof", &got));
    ok(store_rollout_reach(store, &reach));
    assert_int_equal(reach.open, 1u << COMPONENT_BASE);
    assert_int_equal(reach.finished, 1u << COMPONENT_BASE);
    got.state = ROLLOUT_ABORTED;
    ok(store_rollout_save(store, &got));
    not_found(store_rollout_find_finished(store, COMPONENT_BASE, "attic", &got));
}

static void add_group(void *context, const char *name, uint64_t device_count)
{
    char *text = context;
    snprintf(text + strlen(text), 64 - strlen(text), "%s %u, ", name, (unsigned int)device_count);
}

void store_device_is_in_one_group(struct store *store)
{
    const struct ueid first = {{1}}, second = {{2}};
    char name[GROUP_NAME_SIZE_BYTES_MAX + 1] = "x";
    char listed[64] = "";
    ok(store_group_of(store, &first, name));
    assert_string_equal(name, "");
    ok(store_group_set(store, &first, "roof"));
    ok(store_group_set(store, &first, "cellar"));
    ok(store_group_set(store, &second, "attic"));
    ok(store_group_of(store, &first, name));
    assert_string_equal(name, "cellar");
    ok(store_group_list(store, add_group, listed));
    assert_string_equal(listed, "attic 1, cellar 1, ");
    ok(store_group_set(store, &first, ""));
    ok(store_group_of(store, &first, name));
    assert_string_equal(name, "");
}

void store_reports_are_kept_and_counted(struct store *store)
{
    struct rollout_record rollout = sample(COMPONENT_BASE);
    struct rollout_reports reports;
    struct report_record got;
    uint64_t forgotten = 0;
    ok(store_rollout_add(store, &rollout));
    for (uint8_t number = 1; number <= 4; number++) {
        struct rollout_target target = {.rollout = rollout.number, .ueid = {{number}},
                                        .state = number == 4 ? TARGET_FAILED : TARGET_OFFERED, .offered_s = 5};
        struct report_record report = {.ueid = {{number}}, .time_s = 10,
                                       .report = {COMPONENT_BASE, rollout.sequence, UPDATE_STATE_DOWNLOADING, 0, 100}};
        not_found(store_report_load(store, &report.ueid, COMPONENT_BASE, &got));
        ok(store_target_save(store, &target));
        ok(store_report_save(store, &report));
        report.time_s = 20;
        report.report.size_done_bytes = 200;
        ok(store_report_save(store, &report));
        ok(store_report_load(store, &report.ueid, COMPONENT_BASE, &got));
        assert_int_equal(got.since_s, 10);
        assert_int_equal(got.time_s, 20);
        assert_int_equal(got.report.size_done_bytes, 200);
        assert_int_equal(got.report.state, UPDATE_STATE_DOWNLOADING);
    }
    struct report_record refused = {.ueid = {{3}}, .time_s = 30,
                                    .report = {COMPONENT_BASE, rollout.sequence, UPDATE_STATE_REFUSED,
                                               ERROR_CODE_MANIFEST_CLASS, 0}};
    ok(store_report_save(store, &refused));
    ok(store_report_load(store, &refused.ueid, COMPONENT_BASE, &got));
    assert_int_equal(got.since_s, 30);
    assert_int_equal(got.report.code, ERROR_CODE_MANIFEST_CLASS);
    not_found(store_report_load(store, &refused.ueid, COMPONENT_APP, &got));
    ok(store_target_reports(store, &rollout, &reports));
    assert_int_equal(reports.counts[UPDATE_STATE_DOWNLOADING], 2);
    assert_int_equal(reports.counts[UPDATE_STATE_REFUSED], 1);
    assert_int_equal(reports.size_done_bytes, 400);
    const struct ueid fourth = {{4}}, third = {{3}};
    ok(store_target_forget_failed(store, rollout.number, &third, &forgotten));
    assert_int_equal(forgotten, 0);
    ok(store_target_forget_failed(store, rollout.number, &fourth, &forgotten));
    assert_int_equal(forgotten, 1);
    ok(store_target_forget_failed(store, rollout.number, NULL, &forgotten));
    assert_int_equal(forgotten, 0);
    struct rollout_counts counts;
    ok(store_target_count(store, rollout.number, 0, &counts));
    assert_int_equal(counts.offered, 3);
    assert_int_equal(counts.failed, 0);
}

static void add_generation(void *context, enum keyset_kind kind, const struct sha256_digest *root, uint32_t generation)
{
    assert_in_range(root->bytes[0], 1, 2);
    *(uint64_t *)context += (uint64_t)kind * generation;
}

void store_newest_key_set_is_kept(struct store *store)
{
    const struct sha256_digest first = {{1}}, second = {{2}};
    uint8_t storage[KEYSET_SIZE_BYTES_MAX];
    struct buffer encoded = BUFFER_OF(storage);
    uint32_t generation = 0;
    uint64_t sum = 0;
    not_found(store_keyset_find(store, KEYSET_RELEASE, &first, &generation, &encoded));
    ok(store_keyset_put(store, KEYSET_RELEASE, &first, 1, span_of("one", 3)));
    ok(store_keyset_put(store, KEYSET_RELEASE, &second, 10, span_of("two", 3)));
    ok(store_keyset_put(store, KEYSET_RELEASE, &first, UINT32_MAX, span_of("three", 5)));
    ok(store_keyset_find(store, KEYSET_RELEASE, &first, &generation, &encoded));
    assert_int_equal(generation, UINT32_MAX);
    assert_int_equal(encoded.size, 5);
    assert_memory_equal(storage, "three", 5);
    not_found(store_keyset_find(store, KEYSET_APP, &first, &generation, &encoded));
    ok(store_keyset_list(store, add_generation, &sum));
    assert_int_equal(sum, (uint64_t)UINT32_MAX + 10);
}
