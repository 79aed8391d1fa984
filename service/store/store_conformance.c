#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "formats/cose/cose.h"
#include "service/store/store.h"
#include "service/store/store_conformance.h"

static store_conformance_location *new_location;
static const char *location;
static struct store *store;

static void ok(struct error error)
{
    if (!error_is_none(error)) {
        fail_msg("%s: %s", error_name(error), store == NULL ? "" : store_message(store));
    }
}

static int setup(void **state)
{
    (void)state;
    location = new_location();
    ok(store_open(location, &store));
    ok(store_begin(store));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_rollback(store);
    store_close(store);
    store = NULL;
    return 0;
}

static void reopen(void)
{
    ok(store_commit(store));
    store_close(store);
    store = NULL;
    ok(store_open(location, &store));
    ok(store_begin(store));
}

static struct device_record sample_device(uint8_t number)
{
    struct device_record record;
    memset(&record, 0, sizeof record);
    memset(record.ueid.bytes, number, sizeof record.ueid.bytes);
    memcpy(record.batch, "B1", 3);
    memset(record.attestation_key.bytes, 2, sizeof record.attestation_key.bytes);
    memset(record.monitor_digest.bytes, 3, sizeof record.monitor_digest.bytes);
    record.monitor_sequence = UINT32_MAX;
    record.attestation_epoch = 6;
    record.debug = true;
    record.epoch = 7;
    record.boot_count = UINT32_MAX - 1;
    record.sequence = 9;
    record.challenge_origin = CHALLENGE_FROM_ANSWER;
    memset(record.challenge, 4, sizeof record.challenge);
    memset(record.operational_key.bytes, 5, sizeof record.operational_key.bytes);
    memset(record.serial, 6, sizeof record.serial);
    record.not_before_s = 1800000000;
    record.not_after_s = 4000000000000;
    record.first_seen_s = 1;
    record.last_seen_s = 2;
    record.last_accepted_s = 3;
    record.last_code = ERROR_CODE_NONE;
    record.uptime_s = 11;
    record.mode = DEVICE_MODE_ISOLATED;
    for (uint32_t kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        record.fault_counts[kind] = kind * 100;
    }
    record.measurement_count = 2;
    record.generations = (struct checkin_generations){1, UINT32_MAX, 3};
    record.endpoint_count = 1;
    record.endpoints[0] = (struct endpoint){10, ENDPOINT_PLAIN, 65535, 0x0A000264, true};
    for (size_t index = 0; index < 2; index++) {
        record.measurements[index].component = (enum component)(index + 1);
        record.measurements[index].sequence = 40 + (uint32_t)index;
        memset(record.measurements[index].digest.bytes, 50 + (int)index, 32);
        memset(record.measurements[index].authority.bytes, 60 + (int)index, 32);
    }
    return record;
}

static void device_comes_back_as_it_was(void **state)
{
    (void)state;
    struct device_record record = sample_device(1);
    struct device_record got;
    ok(store_device_save(store, &record));
    assert_int_equal(record.version, 1);
    reopen();
    memset(&got, 0, sizeof got);
    ok(store_device_load(store, &record.ueid, &got));
    assert_memory_equal(&got, &record, sizeof got);
    got.measurement_count = 0;
    ok(store_device_save(store, &got));
    ok(store_device_load(store, &record.ueid, &got));
    assert_int_equal(got.version, 2);
    assert_int_equal(got.measurement_count, 0);
}

static void unknown_device_is_not_found(void **state)
{
    (void)state;
    struct ueid ueid = {{9}};
    struct device_record got;
    assert_true(error_is(store_device_load(store, &ueid, &got), ERROR_CODE_STORE_NOT_FOUND));
}

static void only_the_loaded_version_is_replaced(void **state)
{
    (void)state;
    struct device_record record = sample_device(1);
    struct device_record stale = record;
    ok(store_device_save(store, &record));
    /* A second insert, an older version, a version that never was. */
    assert_true(error_is(store_device_save(store, &stale), ERROR_CODE_STORE_CONFLICT));
    assert_int_equal(stale.version, 0);
    stale = record;
    ok(store_device_save(store, &record));
    assert_true(error_is(store_device_save(store, &stale), ERROR_CODE_STORE_CONFLICT));
    stale.version = 99;
    assert_true(error_is(store_device_save(store, &stale), ERROR_CODE_STORE_CONFLICT));
    ok(store_device_save(store, &record));
}

struct seen {
    size_t count;
    uint8_t first[80];
    uint64_t numbers[80];
};

static void see_device(void *context, const struct device_record *record)
{
    struct seen *seen = context;
    seen->first[seen->count++] = record->ueid.bytes[0];
}

static void devices_are_listed_in_pages(void **state)
{
    (void)state;
    const uint8_t numbers[] = {5, 1, 200, 3, 4};
    uint64_t count = 0;
    for (size_t index = 0; index < sizeof numbers; index++) {
        struct device_record record = sample_device(numbers[index]);
        ok(store_device_save(store, &record));
    }
    ok(store_device_count(store, &count));
    assert_int_equal(count, 5);
    struct seen seen = {0};
    ok(store_device_list(store, NULL, 2, see_device, &seen));
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.first[0], 1);
    assert_int_equal(seen.first[1], 3);
    struct ueid after;
    memset(after.bytes, 3, sizeof after.bytes);
    seen = (struct seen){0};
    ok(store_device_list(store, &after, 10, see_device, &seen));
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.first[0], 4);
    assert_int_equal(seen.first[2], 200);
}

static void see_decision(void *context, const struct decision_record *decision)
{
    struct seen *seen = context;
    seen->numbers[seen->count++] = decision->number;
    assert_int_equal(decision->boot_count, decision->number);
    assert_string_equal(decision->detail, "because 'it' \"is\" so");
    assert_int_equal(decision->evidence_digest.bytes[31], 7);
}

static void decisions_are_numbered_and_bounded(void **state)
{
    (void)state;
    struct decision_record decision = {.ueid = {{1}}, .time_s = 5, .code = ERROR_CODE_EVIDENCE_EPOCH,
                                       .detail = "because 'it' \"is\" so"};
    struct decision_record other = {.ueid = {{2}}};
    decision.evidence_digest.bytes[31] = 7;
    ok(store_decision_add(store, &other));
    for (uint32_t number = 1; number <= DECISION_COUNT_MAX + 10; number++) {
        decision.boot_count = number;
        ok(store_decision_add(store, &decision));
    }
    struct seen seen = {0};
    ok(store_decision_list(store, &decision.ueid, 80, see_decision, &seen));
    assert_int_equal(seen.count, DECISION_COUNT_MAX);
    assert_int_equal(seen.numbers[0], DECISION_COUNT_MAX + 10);
    assert_int_equal(seen.numbers[DECISION_COUNT_MAX - 1], 11);
    seen = (struct seen){0};
    ok(store_decision_list(store, &decision.ueid, 3, see_decision, &seen));
    assert_int_equal(seen.count, 3);
}

static void savepoint_is_undone_alone(void **state)
{
    (void)state;
    struct device_record first = sample_device(1);
    struct device_record second = sample_device(2);
    struct device_record third = sample_device(3);
    uint64_t count = 0;
    ok(store_savepoint(store));
    ok(store_device_save(store, &first));
    ok(store_savepoint_release(store));
    ok(store_savepoint(store));
    ok(store_device_save(store, &second));
    ok(store_savepoint_undo(store));
    ok(store_savepoint(store));
    ok(store_device_save(store, &third));
    ok(store_savepoint_release(store));
    reopen();
    ok(store_device_count(store, &count));
    assert_int_equal(count, 2);
    assert_true(error_is(store_device_load(store, &second.ueid, &second), ERROR_CODE_STORE_NOT_FOUND));
}

static void rollback_leaves_nothing(void **state)
{
    (void)state;
    struct device_record record = sample_device(1);
    uint64_t count = 1;
    ok(store_device_save(store, &record));
    ok(store_counter_add(store, "c", 5));
    store_rollback(store);
    ok(store_begin(store));
    ok(store_device_count(store, &count));
    assert_int_equal(count, 0);
}

/* A voucher as bytes; signed by nobody, since the store does not verify. */
static struct span voucher_bytes(struct voucher *voucher, uint8_t storage[VOUCHER_SIZE_BYTES_MAX])
{
    uint8_t payload_storage[VOUCHER_SIZE_BYTES_MAX];
    struct writer payload;
    struct writer writer;
    struct ecdsa_p256_signature signature = {{1}};
    writer_init(&payload, payload_storage, sizeof payload_storage);
    writer_init(&writer, storage, VOUCHER_SIZE_BYTES_MAX);
    memcpy(voucher->host, "host", 5);
    voucher->port = 1;
    ok(voucher_encode_payload(voucher, &payload));
    ok(cose_sign1_encode(COSE_CONTENT_TYPE_VOUCHER, &voucher->signer, writer_span(&payload), &signature, &writer));
    return writer_span(&writer);
}

static struct error add_voucher(struct voucher *voucher)
{
    uint8_t storage[VOUCHER_SIZE_BYTES_MAX];
    struct voucher_record record = {.encoded = voucher_bytes(voucher, storage)};
    record.voucher = *voucher;
    return store_voucher_add(store, &record);
}

static void count_voucher(void *context, const struct voucher_record *voucher)
{
    assert_true(voucher->encoded.size > 0);
    ++*(size_t *)context;
}

static void vouchers_are_found_by_device_then_batch(void **state)
{
    (void)state;
    struct voucher for_batch = {.generation = 1, .is_batch = true, .batch = "B1"};
    struct voucher for_device = {.generation = 4, .ueid = {{1, 2}}};
    struct voucher got;
    struct ueid other = {{1, 3}};
    uint8_t storage[VOUCHER_SIZE_BYTES_MAX];
    struct buffer encoded = BUFFER_OF(storage);
    size_t count = 0;
    assert_true(error_is(store_voucher_find_any_batch(store, &encoded), ERROR_CODE_STORE_NOT_FOUND));
    ok(add_voucher(&for_batch));
    ok(add_voucher(&for_device));
    ok(store_voucher_find(store, &for_device.ueid, span_of("B1", 2), &got, NULL));
    assert_int_equal(got.generation, 4);
    ok(store_voucher_find(store, &other, span_of("B1", 2), &got, &encoded));
    assert_true(got.is_batch);
    assert_true(encoded.size > 0);
    assert_true(error_is(store_voucher_find(store, &other, span_of("B", 1), &got, NULL), ERROR_CODE_STORE_NOT_FOUND));
    assert_true(error_is(store_voucher_find(store, &other, SPAN_EMPTY, &got, NULL), ERROR_CODE_STORE_NOT_FOUND));
    ok(store_voucher_find_any_batch(store, &encoded));
    ok(store_voucher_list(store, count_voucher, &count));
    assert_int_equal(count, 2);
}

static void voucher_generation_only_rises(void **state)
{
    (void)state;
    struct voucher voucher = {.generation = 5, .is_batch = true, .batch = "B1"};
    struct voucher got;
    struct ueid nobody = {{0}};
    ok(add_voucher(&voucher));
    assert_true(error_is(add_voucher(&voucher), ERROR_CODE_STORE_CONFLICT));
    voucher.generation = 4;
    assert_true(error_is(add_voucher(&voucher), ERROR_CODE_STORE_CONFLICT));
    voucher.generation = 6;
    ok(add_voucher(&voucher));
    ok(store_voucher_find(store, &nobody, span_of("B1", 2), &got, NULL));
    assert_int_equal(got.generation, 6);
}

static void count_release(void *context, const struct release_record *release)
{
    assert_int_equal(release->manifest.size, 3);
    ++*(size_t *)context;
}

static void release_is_found_by_all_of_it(void **state)
{
    (void)state;
    struct release_record release = {.component = COMPONENT_BASE, .sequence = 7, .digest = {{1}}, .authority = {{2}},
                                     .version = "1.0", .added_s = 9, .manifest = span_of("abc", 3)};
    struct measurement measurement = {.component = COMPONENT_BASE, .sequence = 7, .digest = {{1}}, .authority = {{2}}};
    struct release_record got;
    size_t count = 0;
    ok(store_release_add(store, &release));
    ok(store_release_add(store, &release));
    ok(store_release_find(store, &measurement, &got));
    assert_string_equal(got.version, "1.0");
    assert_int_equal(got.added_s, 9);
    for (int part = 0; part < 4; part++) {
        struct measurement other = measurement;
        other.component = part == 0 ? COMPONENT_APP : other.component;
        other.sequence += part == 1;
        other.digest.bytes[31] ^= part == 2;
        other.authority.bytes[31] ^= part == 3;
        assert_true(error_is(store_release_find(store, &other, &got), ERROR_CODE_STORE_NOT_FOUND));
    }
    ok(store_release_list(store, count_release, &count));
    assert_int_equal(count, 1);
}

static void count_maker(void *context, const struct maker_record *maker)
{
    assert_int_equal(maker->root_digest.bytes[0], 1);
    assert_true(span_equal(maker->root, span_of("root", 4)));
    ++*(size_t *)context;
}

static void makers_are_kept_once(void **state)
{
    (void)state;
    struct maker_record maker = {.root_digest = {{1}}, .root = span_of("root", 4), .ca = span_of("ca", 2)};
    size_t count = 0;
    ok(store_maker_add(store, &maker));
    ok(store_maker_add(store, &maker));
    maker.ca = span_of("another", 7);
    ok(store_maker_add(store, &maker));
    ok(store_maker_list(store, count_maker, &count));
    assert_int_equal(count, 2);
}

static void count_operator(void *context, const struct operator_record *record)
{
    assert_int_equal(record->role, ROLE_RELEASER);
    ++*(size_t *)context;
}

static void operators_are_unique(void **state)
{
    (void)state;
    struct operator_record record = {.name = "o'hara", .role = ROLE_RELEASER, .certificate_digest = {{1}}, .added_s = 4};
    struct operator_record got;
    struct sha256_digest other = {{2}};
    size_t count = 0;
    ok(store_operator_add(store, &record));
    assert_true(error_is(store_operator_add(store, &record), ERROR_CODE_STORE_CONFLICT));
    record.certificate_digest = other;
    assert_true(error_is(store_operator_add(store, &record), ERROR_CODE_STORE_CONFLICT));
    assert_true(error_is(store_operator_find(store, &other, &got), ERROR_CODE_STORE_NOT_FOUND));
    ok(store_operator_find(store, &(struct sha256_digest){{1}}, &got));
    assert_string_equal(got.name, "o'hara");
    ok(store_operator_list(store, count_operator, &count));
    assert_int_equal(count, 1);
}

static bool is_used(uint8_t operator, const char *nonce)
{
    bool used = false;
    ok(store_command_is_used(store, &(struct sha256_digest){{operator}}, span_of(nonce, strlen(nonce)), &used));
    return used;
}

static void use(uint8_t operator, const char *nonce, uint64_t now_s, uint64_t expires_s)
{
    ok(store_command_use(store, &(struct sha256_digest){{operator}}, span_of(nonce, strlen(nonce)), now_s, expires_s));
}

/* T-19: what was used stays used until it could not be accepted any more, also after a restart. */
static void commands_are_remembered_until_they_expire(void **state)
{
    (void)state;
    assert_false(is_used(1, "nonce"));
    use(1, "nonce", 100, 400);
    use(1, "later", 100, 500);
    reopen();
    assert_true(is_used(1, "nonce"));
    assert_false(is_used(2, "nonce"));
    assert_false(is_used(1, "other"));
    use(2, "other", 400, 700);
    assert_true(is_used(1, "nonce"));
    use(2, "again", 401, 701);
    assert_false(is_used(1, "nonce"));
    assert_true(is_used(1, "later"));
}

static void see_counter(void *context, const struct counter_record *counter)
{
    *(uint64_t *)context += counter->value;
    assert_string_equal(counter->name, "checkin");
}

static void counters_add_up(void **state)
{
    (void)state;
    uint64_t sum = 0;
    ok(store_counter_add(store, "checkin", 2));
    ok(store_counter_add(store, "checkin", 40));
    ok(store_counter_list(store, see_counter, &sum));
    assert_int_equal(sum, 42);
}

/* A test that stands in store_conformance_writers.c and opens the store itself. */
#define FORWARD_LOCATION(name)         \
    static void name(void **state)     \
    {                                  \
        (void)state;                   \
        store_rollback(store);         \
        store_##name(location);        \
        ok(store_begin(store));        \
    }
FORWARD_LOCATION(two_writers_conflict)
FORWARD_LOCATION(two_processes_lose_no_update)
FORWARD_LOCATION(killed_writer_leaves_whole_commits)

#define FORWARD(name)              \
    static void name(void **state) \
    {                              \
        (void)state;               \
        store_##name(store);       \
    }
STORE_CONFORMANCE_PARTS(FORWARD)

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define LISTED(name) TEST(name),

int store_conformance_run(store_conformance_location *location_function)
{
    const struct CMUnitTest tests[] = {
        TEST(device_comes_back_as_it_was),
        TEST(unknown_device_is_not_found),
        TEST(only_the_loaded_version_is_replaced),
        TEST(devices_are_listed_in_pages),
        TEST(decisions_are_numbered_and_bounded),
        TEST(savepoint_is_undone_alone),
        TEST(rollback_leaves_nothing),
        TEST(vouchers_are_found_by_device_then_batch),
        TEST(voucher_generation_only_rises),
        TEST(release_is_found_by_all_of_it),
        STORE_CONFORMANCE_PARTS(LISTED)
        TEST(makers_are_kept_once),
        TEST(operators_are_unique),
        TEST(commands_are_remembered_until_they_expire),
        TEST(counters_add_up),
        TEST(two_writers_conflict),
        TEST(two_processes_lose_no_update),
        TEST(killed_writer_leaves_whole_commits),
    };
    new_location = location_function;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
