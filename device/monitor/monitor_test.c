/* Every call with good and bad arguments; who the device says it is before and after it has an owner. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "device/abi/flash_map.h"
#include "device/abi/monitor_call.h"
#include "device/abi/provisioning.h"
#include "device/boards/host/host_board.h"
#include "device/hal/flash.h"
#include "device/hal/memory.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/monitor.h"
#include "device/monitor/state.h"

static const uint8_t zeros[2048];

static void identity_names_rendezvous_then_owner(void **state)
{
    (void)state;
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base a 5 "));
    assert_true(fixture_console_has("monitor: start unclaimed\n"));
    struct span before = fixture_must_call(MONITOR_CALL_IDENTITY, SPAN_EMPTY);
    assert_int_equal(before.size, 33 + 4 + 4 + 1 + 1 + 1 + 2 + 1 + strlen(MONITOR_RENDEZVOUS_HOST));
    assert_memory_equal(before.data, monitor.handoff.ueid.bytes, UEID_SIZE_BYTES);
    assert_int_equal(before.data[41], DEVICE_MODE_UNCLAIMED);
    assert_int_equal(before.data[42], 0);

    uint32_t epoch = monitor.handoff.epoch;
    fixture_claim_board("alice", 1);
    assert_true(fixture_console_has("monitor: start normal\n"));
    struct reader reader;
    reader_init(&reader, fixture_must_call(MONITOR_CALL_IDENTITY, SPAN_EMPTY));
    (void)reader_take(&reader, UEID_SIZE_BYTES);
    assert_int_equal(reader_u32(&reader), epoch + 1);
    (void)reader_u32(&reader);
    assert_int_equal(reader_u8(&reader), DEVICE_MODE_NORMAL);
    assert_int_equal(reader_u8(&reader), 1);
    assert_int_equal(reader_u8(&reader), 0);
    assert_int_equal(reader_u16(&reader), 8443);
    struct span host = reader_take(&reader, reader_u8(&reader));
    assert_true(span_equal(host, span_of("10.0.2.100", 10)));
    assert_int_equal(reader_remaining(&reader), 0);
}

static void arguments_of_other_sizes_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t number;
        size_t size_bytes;
        enum error_code error;
    } cases[] = {
        {0, 0, ERROR_CODE_MONITOR_CALL},
        {1000, 0, ERROR_CODE_MONITOR_CALL},
        {UINT32_MAX, 4, ERROR_CODE_MONITOR_CALL},
        {MONITOR_CALL_IDENTITY, 1, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_RANDOM, 0, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_RANDOM, 3, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_EVIDENCE, 0, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_EVIDENCE, 63, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_EVIDENCE, 65, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_CERTIFICATE, 0, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_CERTIFICATE, 2, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_OPERATIONAL_SIGN, 31, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_OPERATIONAL_SIGN, 33, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_OPERATIONAL_SIGN, 32, ERROR_CODE_MONITOR_STATE},
        {MONITOR_CALL_ANSWER, 31, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_ANSWER, 100, ERROR_CODE_MONITOR_STATE},
        {MONITOR_CALL_CLAIM, 0, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_RESET, 1, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_STORE, 2, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_STORE, 3, ERROR_CODE_MONITOR_ARGUMENT}, /* class 0 */
        {MONITOR_CALL_LOAD, 0, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_LOAD, 4, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_LOG, 201, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_UPDATE_STATUS, 1, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_KEYSET, 0, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_KEYSET, KEYSET_SIZE_BYTES_MAX + 1, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_KEYSET, 1, ERROR_CODE_MONITOR_STATE},
        {MONITOR_CALL_FAULT, 17, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_FAULT, 18, ERROR_CODE_MONITOR_ARGUMENT}, /* kind 0 */
        {MONITOR_CALL_FAULT, 19, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_CONFIRM, 1, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_CERTIFICATE_SET, 0, ERROR_CODE_MONITOR_ARGUMENT},
        {MONITOR_CALL_CERTIFICATE_SET, 10, ERROR_CODE_MONITOR_ARGUMENT}, /* index 0 */
        {MONITOR_CALL_TIME, 1, ERROR_CODE_MONITOR_ARGUMENT},
    };
    fixture_must_boot();
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct error error = fixture_call(cases[index].number, span_of(zeros, cases[index].size_bytes)).error;
        fixture_expect_error(error, cases[index].error);
    }
}

static void a_reply_that_does_not_fit_leaves_nothing_behind(void **state)
{
    (void)state;
    fixture_must_boot();
    uint8_t small[100];
    memset(small, 0xEE, sizeof(small));
    for (size_t capacity = 0; capacity < 40; capacity++) {
        struct buffer out = {small, capacity, 0};
        fixture_expect_error(monitor_dispatch(MONITOR_CALL_IDENTITY, SPAN_EMPTY, &out),
                             ERROR_CODE_MONITOR_CAPACITY);
        assert_int_equal(out.size, 0);
        for (size_t index = capacity; index < sizeof(small); index++) {
            assert_int_equal(small[index], 0xEE);
        }
        for (size_t index = 0; index < capacity; index++) {
            assert_true(small[index] == 0 || small[index] == 0xEE);
        }
    }
}

static void random_gives_other_bytes_each_time_and_each_boot(void **state)
{
    (void)state;
    uint8_t first[3][32];
    static const uint8_t request[2] = {0, 32};
    for (size_t boot = 0; boot < 2; boot++) {
        /* The same seed twice: the boot count keeps the bytes apart (T-13). */
        fixture_expect_none(fixture_boot_seed(7));
        struct span bytes = fixture_must_call(MONITOR_CALL_RANDOM, SPAN_OF(request));
        assert_int_equal(bytes.size, 32);
        memcpy(first[boot], bytes.data, 32);
    }
    memcpy(first[2], fixture_must_call(MONITOR_CALL_RANDOM, SPAN_OF(request)).data, 32);
    assert_memory_not_equal(first[0], first[1], 32);
    assert_memory_not_equal(first[1], first[2], 32);
    static const uint8_t none[2] = {0, 0};
    assert_int_equal(fixture_must_call(MONITOR_CALL_RANDOM, SPAN_OF(none)).size, 0);
    static const uint8_t too_many[2] = {1, 1};
    fixture_expect_error(fixture_call(MONITOR_CALL_RANDOM, SPAN_OF(too_many)).error, ERROR_CODE_MONITOR_ARGUMENT);
}

static void log_lines_are_cleaned(void **state)
{
    (void)state;
    fixture_must_boot();
    (void)fixture_must_call(MONITOR_CALL_LOG, span_of("a\nmonitor: start normal\x1b[31m\xff", 31 - 2));
    assert_true(fixture_console_has("ns: a?monitor: start normal?[31m?\n"));
    assert_false(fixture_console_has("\nmonitor: start normal"));
    uint8_t longest[200];
    memset(longest, 'x', sizeof(longest));
    (void)fixture_must_call(MONITOR_CALL_LOG, SPAN_OF(longest));
    struct span console = host_board_console();
    assert_int_equal(console.data[console.size - 2], 'x');
    assert_int_equal(console.data[console.size - 206], '\n');
}

static void faults_are_counted_and_printed(void **state)
{
    (void)state;
    fixture_must_boot();
    static const uint8_t fault[18] = {FAULT_COMPARTMENT, 4, 0, 0, 0, 0x82, 0x28, 0x06, 0x00, 0x10};
    (void)fixture_must_call(MONITOR_CALL_FAULT, SPAN_OF(fault));
    assert_true(fixture_console_has("monitor: fault 4 0x00000082 0x28060010\n"));
    assert_int_equal(monitor.fault_counts[FAULT_COMPARTMENT], 1);
    static const uint8_t beyond[18] = {FAULT_KIND_COUNT + 1};
    fixture_expect_error(fixture_call(MONITOR_CALL_FAULT, SPAN_OF(beyond)).error, ERROR_CODE_MONITOR_ARGUMENT);
    monitor.fault_counts[FAULT_GATE_BUSY] = UINT32_MAX;
    monitor_count_fault(FAULT_GATE_BUSY);
    assert_int_equal(monitor.fault_counts[FAULT_GATE_BUSY], UINT32_MAX);
    monitor_count_fault((enum fault_kind)99);
}

static void write_provisioning(void)
{
    static const uint8_t device_id[] = {1, 2, 3};
    static const uint8_t maker[] = {4, 5, 6, 7, 8};
    struct provisioning provisioning = {.certificate_count = 2,
                                        .certificates = {SPAN_OF(device_id), SPAN_OF(maker)}};
    struct writer writer;
    writer_init(&writer, host_board_flash() + FLASH_PROVISIONING_OFFSET, FLASH_PROVISIONING_SIZE);
    fixture_expect_none(provisioning_encode(&provisioning, &writer));
}

static struct fixture_reply get_certificate(enum monitor_certificate index)
{
    uint8_t request = (uint8_t)index;
    return fixture_call(MONITOR_CALL_CERTIFICATE, span_of(&request, 1));
}

static void certificates_come_from_where_they_belong(void **state)
{
    (void)state;
    fixture_must_boot();
    struct span attestation = get_certificate(MONITOR_CERTIFICATE_ATTESTATION).data;
    assert_int_equal(attestation.size, monitor.handoff.attestation_certificate_size_bytes);
    for (unsigned int index = MONITOR_CERTIFICATE_DEVICE_ID; index <= MONITOR_CERTIFICATE_SERVICE_CA; index++) {
        fixture_expect_error(get_certificate((enum monitor_certificate)index).error,
                             ERROR_CODE_MONITOR_NOT_FOUND);
    }
    fixture_expect_error(get_certificate((enum monitor_certificate)6).error, ERROR_CODE_MONITOR_ARGUMENT);
    write_provisioning();
    assert_int_equal(get_certificate(MONITOR_CERTIFICATE_DEVICE_ID).data.size, 3);
    assert_int_equal(get_certificate(MONITOR_CERTIFICATE_MAKER).data.size, 5);
    host_board_flash()[FLASH_PROVISIONING_OFFSET + 8] = 0xFF; /* a size beyond all bounds */
    fixture_expect_error(get_certificate(MONITOR_CERTIFICATE_MAKER).error, ERROR_CODE_MONITOR_NOT_FOUND);

    uint8_t set[1 + MONITOR_CERTIFICATE_SIZE_BYTES_MAX + 1] = {MONITOR_CERTIFICATE_OPERATIONAL, 0x30};
    fixture_expect_error(fixture_call(MONITOR_CALL_CERTIFICATE_SET, SPAN_OF(set)).error,
                         ERROR_CODE_MONITOR_ARGUMENT);
    (void)fixture_must_call(MONITOR_CALL_CERTIFICATE_SET, span_of(set, sizeof(set) - 1));
    assert_int_equal(get_certificate(MONITOR_CERTIFICATE_OPERATIONAL).data.size,
                     MONITOR_CERTIFICATE_SIZE_BYTES_MAX);
    set[0] = MONITOR_CERTIFICATE_OWNER_ROOT;
    fixture_expect_error(fixture_call(MONITOR_CALL_CERTIFICATE_SET, span_of(set, 10)).error,
                         ERROR_CODE_MONITOR_ARGUMENT);
    fixture_claim_board("alice", 1);
    assert_true(get_certificate(MONITOR_CERTIFICATE_OWNER_ROOT).data.size > 200);
}

static void operational_key_lives_as_long_as_the_epoch(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    static const uint8_t digest[32] = {1};
    struct ecdsa_p256_signature signatures[2];
    struct ecdsa_p256_public_key keys[3];
    for (size_t boot = 0; boot < 2; boot++) {
        fixture_expect_none(fixture_boot_seed(3));
        struct span signature = fixture_must_call(MONITOR_CALL_OPERATIONAL_SIGN, SPAN_OF(digest));
        assert_int_equal(signature.size, sizeof(signatures[boot].bytes));
        memcpy(signatures[boot].bytes, signature.data, signature.size);
        keys[boot] = monitor.operational.public_key;
        fixture_expect_none(ecdsa_p256_verify(&keys[boot], (const struct sha256_digest *)digest, &signatures[boot]));
    }
    assert_memory_equal(keys[0].bytes, keys[1].bytes, sizeof(keys[0].bytes));
    /* The same digest, key and seed, and yet another r (T-13). */
    assert_memory_not_equal(signatures[0].bytes, signatures[1].bytes, 32);
    fixture_claim_board("alice", 2);
    (void)fixture_must_call(MONITOR_CALL_OPERATIONAL_SIGN, SPAN_OF(digest));
    keys[2] = monitor.operational.public_key;
    assert_memory_not_equal(keys[0].bytes, keys[2].bytes, sizeof(keys[0].bytes));
}

static void call_reset(void)
{
    (void)fixture_call(MONITOR_CALL_RESET, SPAN_EMPTY);
}

static void reset_resets(void **state)
{
    (void)state;
    fixture_must_boot();
    assert_int_equal(host_board_run(call_reset), HOST_EVENT_RESET);
}

static void nothing_is_dispatched_before_the_start(void **state)
{
    (void)state;
    fixture_must_boot();
    monitor.started = false;
    fixture_expect_error(fixture_call(MONITOR_CALL_IDENTITY, SPAN_EMPTY).error, ERROR_CODE_MONITOR_STATE);
}

static void run_ticks(void)
{
    for (uint32_t tick = 0; tick < 50; tick++) {
        host_board_clock_advance(100);
        monitor_tick();
    }
}

static void tick_feeds_the_watchdog_and_finds_altered_code(void **state)
{
    (void)state;
    fixture_must_boot();
    assert_int_equal(host_board_run(run_ticks), HOST_EVENT_RETURNED);
    assert_false(monitor.rehash.failed);
    hal_memory_image_area(COMPONENT_BASE).data[1500] ^= 1;
    assert_int_equal(host_board_run(run_ticks), HOST_EVENT_RETURNED);
    assert_true(monitor.rehash.failed);
    monitor.started = false;
    assert_int_equal(host_board_run(run_ticks), HOST_EVENT_WATCHDOG);
}

/* T-16: a base that hangs before its first call is reset, and gets no more starts than one that crashes. */
static void base_that_never_calls_is_reset(void **state)
{
    (void)state;
    for (uint32_t start = 0; start < BOOT_RECORD_ATTEMPT_COUNT_MAX; start++) {
        fixture_must_boot();
        assert_int_equal(monitor.running_slot[COMPONENT_BASE], 0);
        monitor.called = false;
        assert_int_equal(host_board_run(run_ticks), HOST_EVENT_RESET);
    }
    fixture_write_slot(&(struct fixture_image){COMPONENT_BASE, 1, 1, "maker", "release", .fill = 0x22});
    fixture_must_boot();
    assert_int_equal(monitor.running_slot[COMPONENT_BASE], 1);
    monitor.called = false;
    (void)fixture_call(MONITOR_CALL_IDENTITY, SPAN_EMPTY);
    assert_int_equal(host_board_run(run_ticks), HOST_EVENT_RETURNED);
}

/* From the altered byte to what the service reads in the signed evidence (T-15). */
static void evidence_tells_of_altered_code(void **state)
{
    (void)state;
    static const uint8_t request[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES];
    struct evidence evidence;
    struct ecdsa_p256_public_key signer;
    fixture_must_boot();
    fixture_advance(5000);
    fixture_expect_none(evidence_parse(fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request)), &evidence, &signer));
    assert_true(evidence.rehash_ok);
    for (size_t index = 0; index < 2; index++) {
        /* It stays told when the byte is put back. */
        hal_memory_image_area(COMPONENT_BASE).data[2999] ^= 1;
        fixture_advance(5000);
        fixture_expect_none(
            evidence_parse(fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request)), &evidence, &signer));
        assert_false(evidence.rehash_ok);
    }
}

/* Every byte value: what reaches the console is printable, and no line but the one that the monitor ends. */
static void no_byte_of_a_log_line_reaches_the_console_raw(void **state)
{
    (void)state;
    fixture_must_boot();
    for (uint32_t value = 0; value <= UINT8_MAX; value++) {
        uint8_t text[3] = {'<', (uint8_t)value, '>'};
        size_t before = host_board_console().size;
        (void)fixture_must_call(MONITOR_CALL_LOG, SPAN_OF(text));
        struct span console = host_board_console();
        assert_int_equal(console.size - before, 8);
        char expected[] = "ns: <?>\n";
        expected[5] = value >= 0x20 && value < 0x7F ? (char)value : '?';
        assert_memory_equal(console.data + before, expected, 8);
    }
}

static void handoff_is_wiped(void **state)
{
    (void)state;
    fixture_must_boot();
    static const struct handoff empty;
    assert_memory_equal(hal_memory_handoff(), &empty, sizeof(empty));
    static const uint8_t none[32];
    assert_memory_equal(monitor.handoff.secrets.seed, none, 32);
    assert_memory_equal(monitor.handoff.secrets.record_key, none, 32);
    assert_memory_not_equal(monitor.handoff.secrets.kept_key, none, 32);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(identity_names_rendezvous_then_owner),
        TEST(arguments_of_other_sizes_are_refused),
        TEST(a_reply_that_does_not_fit_leaves_nothing_behind),
        TEST(random_gives_other_bytes_each_time_and_each_boot),
        TEST(log_lines_are_cleaned),
        TEST(faults_are_counted_and_printed),
        TEST(certificates_come_from_where_they_belong),
        TEST(operational_key_lives_as_long_as_the_epoch),
        TEST(reset_resets),
        TEST(nothing_is_dispatched_before_the_start),
        TEST(base_that_never_calls_is_reset),
        TEST(tick_feeds_the_watchdog_and_finds_altered_code),
        TEST(evidence_tells_of_altered_code),
        TEST(no_byte_of_a_log_line_reaches_the_console_raw),
        TEST(handoff_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
