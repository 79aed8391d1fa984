/* Failure records: what they say, that they outlive resets, epochs and power cuts, and that each counts once (T-07, T-31). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/writer.h"
#include "crypto/sha256.h"
#include "device/abi/flash_map.h"
#include "device/abi/monitor_call.h"
#include "device/boards/host/host_board.h"
#include "device/monitor/failure.h"
#include "device/monitor/failure_slot.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/state.h"
#include "formats/cose/cose.h"

#define FAULT_SIZE_BYTES 18
#define BASE_COMPARTMENT 1
#define APP_COMPARTMENT 8

static struct failure_report report;

static struct span fault_input(uint8_t compartment, uint32_t pc)
{
    static uint8_t bytes[FAULT_SIZE_BYTES + 5];
    struct writer writer;
    writer_init(&writer, bytes, sizeof(bytes));
    writer_u8(&writer, FAULT_COMPARTMENT);
    writer_u8(&writer, compartment);
    writer_u32(&writer, 0x82);
    writer_u32(&writer, pc);
    writer_u32(&writer, 0x1111);
    writer_u32(&writer, 0x2222);
    writer_bytes(&writer, span_of("agent", 5));
    return writer_span(&writer);
}

static void fault(uint32_t pc)
{
    (void)fixture_must_call(MONITOR_CALL_FAULT, fault_input(BASE_COMPARTMENT, pc));
}

/* What the monitor gives out within size_bytes_max, parsed; true if more waits. */
static bool read_within(uint16_t size_bytes_max)
{
    uint8_t request[2] = {(uint8_t)(size_bytes_max >> 8), (uint8_t)size_bytes_max};
    struct span reply = fixture_must_call(MONITOR_CALL_FAILURE_READ, SPAN_OF(request));
    report = (struct failure_report){0};
    assert_true(reply.size >= 1 && reply.size - 1 <= size_bytes_max);
    if (reply.size > 1) {
        fixture_expect_none(failure_report_parse(span_of(reply.data + 1, reply.size - 1), &report));
    }
    return reply.data[0] == 1;
}

static bool read_all(void)
{
    return read_within(FAILURE_REPORT_SIZE_BYTES_MAX);
}

static struct error done(uint32_t log, uint32_t number)
{
    uint8_t request[8];
    struct writer writer;
    writer_init(&writer, request, sizeof(request));
    writer_u32(&writer, log);
    writer_u32(&writer, number);
    return fixture_call(MONITOR_CALL_FAILURE_DONE, SPAN_OF(request)).error;
}

/* The service has stored everything that waits. Returns how many records and failures that were. */
static uint32_t take_all(uint32_t *failure_count)
{
    uint32_t record_count = 0;
    bool more = true;
    while (more) {
        more = read_all();
        for (size_t index = 0; index < report.count; index++) {
            *failure_count += report.records[index].count;
        }
        record_count += (uint32_t)report.count;
        if (report.count > 0) {
            fixture_expect_none(done(report.log, report.records[report.count - 1].number));
        }
    }
    return record_count;
}

static void a_record_says_what_failed(void **state)
{
    (void)state;
    fixture_must_boot();
    assert_false(read_all());
    assert_int_equal(report.count, 0);
    fixture_advance(5000);
    fault(0x28061234);
    assert_false(read_all());
    assert_int_equal(report.count, 1);
    const struct failure_record *record = &report.records[0];
    assert_int_equal(record->number, 1);
    assert_int_equal(record->boot_count, monitor.handoff.boot_count);
    assert_int_equal(record->uptime_s, 5);
    assert_int_equal(record->kind, FAULT_COMPARTMENT);
    assert_int_equal(record->component, COMPONENT_BASE);
    assert_int_equal(record->sequence, monitor.measurements[1].sequence);
    assert_memory_equal(record->digest.bytes, monitor.measurements[1].digest.bytes, SHA256_DIGEST_SIZE_BYTES);
    assert_int_equal(record->compartment, BASE_COMPARTMENT);
    assert_string_equal(record->name, "agent");
    assert_int_equal(record->cause, 0x82);
    assert_int_equal(record->pc, 0x28061234);
    assert_int_equal(record->lr, 0x1111);
    assert_int_equal(record->address, 0x2222);
    assert_int_equal(record->count, 1);
    assert_int_equal(record->lost, 0);
    assert_true(fixture_console_has("monitor: fault 1 0x00000082 0x28061234\n"));
}

static void arguments_are_checked(void **state)
{
    (void)state;
    uint8_t bytes[FAULT_SIZE_BYTES + 16] = {FAULT_COMPARTMENT, 8};
    static const uint8_t none[1];
    fixture_must_boot();
    fixture_expect_error(fixture_call(MONITOR_CALL_FAULT, SPAN_OF(bytes)).error, ERROR_CODE_MONITOR_ARGUMENT);
    fixture_expect_error(fixture_call(MONITOR_CALL_FAILURE_READ, SPAN_OF(none)).error, ERROR_CODE_MONITOR_ARGUMENT);
    fixture_expect_error(fixture_call(MONITOR_CALL_FAILURE_DONE, SPAN_OF(none)).error, ERROR_CODE_MONITOR_ARGUMENT);
    /* A name that could disturb a terminal is left out; a compartment of an app that does not run has no version. */
    memcpy(bytes + FAULT_SIZE_BYTES, "\x1b[2J", 4);
    (void)fixture_must_call(MONITOR_CALL_FAULT, span_of(bytes, FAULT_SIZE_BYTES + 4));
    assert_false(read_all());
    assert_int_equal(report.count, 1);
    assert_string_equal(report.records[0].name, "");
    assert_int_equal(report.records[0].component, COMPONENT_APP);
    assert_int_equal(report.records[0].sequence, 0);
}

static void failures_alike_share_a_record_until_it_is_given_out(void **state)
{
    (void)state;
    fixture_must_boot();
    for (int count = 0; count < 3; count++) {
        fault(1);
        fault(2);
    }
    assert_false(read_all());
    assert_int_equal(report.count, 2);
    assert_int_equal(report.records[0].count, 3);
    assert_int_equal(report.records[1].count, 3);
    fault(2);
    assert_false(read_all());
    assert_int_equal(report.count, 3);
    assert_int_equal(report.records[1].count, 3);
    assert_int_equal(report.records[2].pc, 2);
    assert_int_equal(report.records[2].count, 1);
    /* One boot's failures do not go into the records of another, also if nobody has read those. */
    fault(3);
    fixture_must_boot();
    fault(3);
    assert_false(read_all());
    assert_int_equal(report.count, 5);
    assert_int_equal(report.records[3].boot_count + 1, report.records[4].boot_count);
    /* A record that can count no more is followed by another one. */
    uint32_t failures = 0;
    (void)take_all(&failures);
    for (int count = 0; count < 200; count++) {
        fault(4);
    }
    assert_false(read_all());
    assert_int_equal(report.count, 2);
    assert_int_equal(report.records[0].count, 161);
    assert_int_equal(report.records[1].count, 39);
}

/* Causes of the kernel's own carry numbers in the address: those are not put together. */
static void numbers_in_addresses_are_kept(void **state)
{
    (void)state;
    uint8_t bytes[FAULT_SIZE_BYTES] = {FAULT_COMPARTMENT, 1, 0x40, 0, 0, 8};
    fixture_must_boot();
    for (uint8_t count = 0; count < 4; count++) {
        bytes[FAULT_SIZE_BYTES - 1] = count / 2;
        (void)fixture_must_call(MONITOR_CALL_FAULT, SPAN_OF(bytes));
    }
    assert_false(read_all());
    assert_int_equal(report.count, 2);
    assert_int_equal(report.records[0].count, 2);
    assert_int_equal(report.records[1].address, 1);
}

static void records_outlive_resets_and_epochs_until_they_are_done(void **state)
{
    (void)state;
    fixture_must_boot();
    fault(1);
    fault(2);
    uint32_t epoch = monitor.handoff.epoch;
    fixture_claim_board("alice", 1);
    assert_int_equal(monitor.handoff.epoch, epoch + 1);
    (void)fixture_must_call(MONITOR_CALL_FAULT, fault_input(BASE_COMPARTMENT, 3));
    /* Nobody has seen the third: an acknowledgement for it is worth nothing. */
    uint32_t log = monitor.failure.log;
    fixture_expect_error(done(log + 1, 2), ERROR_CODE_MONITOR_NOT_FOUND);
    fixture_expect_none(done(log, 3));
    assert_false(read_all());
    assert_int_equal(report.count, 1);
    assert_int_equal(report.records[0].number, 3);
    fixture_must_boot();
    assert_int_equal(monitor.failure.log, log);
    assert_false(read_all());
    assert_int_equal(report.count, 1);
    fixture_expect_none(done(log, 3));
    uint32_t operations = host_board_operation_count();
    fixture_expect_none(done(log, 3));
    assert_int_equal(host_board_operation_count(), operations);
    fixture_must_boot();
    assert_false(read_all());
    assert_int_equal(report.count, 0);
    fault(4);
    assert_false(read_all());
    assert_int_equal(report.records[0].number, 4);
}

/* T-31: what the agent hands on counts only with evidence over exactly these bytes, and only once. */
static void the_next_evidence_vouches_for_a_report(void **state)
{
    (void)state;
    static const uint8_t request[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES];
    static const uint8_t size[2] = {0x08, 0x00};
    struct evidence evidence;
    struct ecdsa_p256_public_key signer;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    fault(1);
    struct span reply = fixture_must_call(MONITOR_CALL_FAILURE_READ, SPAN_OF(size));
    struct sha256_digest digest = sha256_of(span_of(reply.data + 1, reply.size - 1));
    fixture_expect_none(evidence_parse(fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request)), &evidence, &signer));
    assert_true(evidence.has_failures);
    assert_memory_equal(evidence.failures_digest.bytes, digest.bytes, sizeof(digest.bytes));
    fixture_expect_none(evidence_parse(fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request)), &evidence, &signer));
    assert_false(evidence.has_failures);
}

static void a_report_takes_what_fits_oldest_first(void **state)
{
    (void)state;
    fixture_must_boot();
    for (uint32_t pc = 1; pc <= 20; pc++) {
        fault(pc);
    }
    assert_true(read_within(FAILURE_REPORT_HEAD_SIZE_BYTES_MAX + 3 * FAILURE_RECORD_SIZE_BYTES_MAX));
    assert_int_equal(report.count, 3);
    assert_int_equal(report.records[0].number, 1);
    assert_true(read_within(5));
    assert_int_equal(report.count, 0);
    assert_true(read_all());
    assert_int_equal(report.count, FAILURE_REPORT_RECORD_COUNT_MAX);
    uint32_t failures = 0;
    assert_int_equal(take_all(&failures), 20);
    assert_int_equal(failures, 20);
}

static void a_full_log_counts_what_it_loses(void **state)
{
    (void)state;
    uint32_t failures = 0;
    fixture_must_boot();
    for (uint32_t pc = 0; pc < FAILURE_SLOT_COUNT + 7; pc++) {
        fault(pc);
    }
    assert_int_equal(take_all(&failures), FAILURE_SLOT_COUNT);
    fault(999);
    assert_false(read_all());
    assert_int_equal(report.count, 1);
    assert_int_equal(report.records[0].number, FAILURE_SLOT_COUNT + 1);
    assert_int_equal(report.records[0].lost, 7);
}

/* Runs through the ring until an erasure is refused; returns how many records there was room for. */
static uint32_t wear(void)
{
    uint32_t failures = 0;
    uint32_t count = 0;
    uint32_t number = 0;
    do {
        number = monitor.failure.number;
        fault(count++);
        (void)take_all(&failures);
    } while (monitor.failure.number > number);
    return count;
}

static void nobody_wears_the_flash_out(void **state)
{
    (void)state;
    fixture_must_boot();
    uint32_t room = wear();
    assert_in_range(room, FAILURE_SLOTS_PER_BLOCK * FAILURE_ERASE_BURST,
                    FAILURE_SLOT_COUNT + FAILURE_SLOTS_PER_BLOCK * FAILURE_ERASE_BURST + 1);
    /* A reset gives nothing back. */
    for (int boot = 0; boot < 3; boot++) {
        fixture_must_boot();
        assert_int_equal(wear(), 1);
    }
    fixture_advance(FAILURE_ERASE_REFILL_MIN * 60000);
    assert_int_equal(wear(), FAILURE_SLOTS_PER_BLOCK + 1);
}

/* A record with an altered byte, or none of its MAC, is not reported; a destroyed log starts anew under another name. */
static void altered_records_do_not_count(void **state)
{
    (void)state;
    fixture_must_boot();
    fault(1);
    fault(2);
    uint32_t log = monitor.failure.log;
    uint8_t *slots = host_board_flash() + FLASH_FAILURE_OFFSET;
    for (uint32_t offset = 0; offset < 112; offset += 3) {
        slots[offset] ^= 1;
        fixture_must_boot();
        assert_false(read_all());
        assert_int_equal(report.count, 1);
        assert_int_equal(report.records[0].number, 2);
        slots[offset] ^= 1;
    }
    memset(slots, 0x5A, FLASH_FAILURE_SIZE);
    fixture_must_boot();
    assert_false(read_all());
    assert_int_equal(report.count, 0);
    fault(3);
    assert_false(read_all());
    assert_int_equal(report.count, 1);
    assert_int_not_equal(report.log, log);
}

/* A service that stores each record once, as it takes part in the sweep. */
static struct {
    uint32_t number; /* acknowledged */
    uint32_t failures;
    struct failure_report last;
} service;
static uint32_t cut_pc;
static uint32_t recorded; /* calls that returned */

static void serve(void)
{
    (void)read_all();
    for (size_t index = 0; index < report.count; index++) {
        const struct failure_record *record = &report.records[index];
        if (record->number > service.number) {
            service.number = record->number;
            service.failures += record->count;
            continue;
        }
        /* Seen before, in the report before this one: it must say the same. */
        for (size_t other = 0; other < service.last.count; other++) {
            if (service.last.records[other].number == record->number) {
                assert_memory_equal(&service.last.records[other], record, sizeof(*record));
            }
        }
    }
    service.last = report;
}

static void cut_program(void)
{
    for (uint32_t count = 0; count < 3; count++) {
        fault(cut_pc + count % 2);
        recorded++;
    }
    serve();
    if (report.count > 0) {
        (void)done(report.log, service.number);
    }
    fault(cut_pc + 2);
    recorded++;
}

/* Every flash operation of a round of failures and reports cut in every way, on a log that is erased in between. */
static void power_cuts_lose_nothing_and_repeat_nothing(void **state)
{
    (void)state;
    uint32_t cut_count = 0;
    fixture_must_boot();
    enum host_event event = HOST_EVENT_POWER_CUT;
    for (uint32_t operation = 0; event == HOST_EVENT_POWER_CUT; operation++) {
        for (uint32_t cut = 0; cut < HOST_CUT_COUNT; cut++) {
            fixture_must_boot();
            uint32_t before = service.failures;
            recorded = 0;
            monitor.failure.erase_spent = 0; /* the sweep is not about wear */
            cut_pc += 3;
            host_board_cut_power(host_board_operation_count() + operation, (enum host_cut)cut);
            event = host_board_run(cut_program);
            cut_count += event == HOST_EVENT_POWER_CUT ? 1 : 0;
            fixture_must_boot();
            serve();
            (void)done(report.log, service.number);
            /* What the monitor said it had recorded; that of the call that was cut may be there or not. */
            assert_in_range(service.failures - before, recorded,
                            recorded + (event == HOST_EVENT_POWER_CUT ? 1 : 0));
        }
    }
    print_message("%u cuts, %u records\n", cut_count, service.number);
    assert_true(cut_count > 300);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_says_what_failed),
        TEST(arguments_are_checked),
        TEST(failures_alike_share_a_record_until_it_is_given_out),
        TEST(numbers_in_addresses_are_kept),
        TEST(records_outlive_resets_and_epochs_until_they_are_done),
        TEST(the_next_evidence_vouches_for_a_report),
        TEST(a_report_takes_what_fits_oldest_first),
        TEST(a_full_log_counts_what_it_loses),
        TEST(nobody_wears_the_flash_out),
        TEST(altered_records_do_not_count),
        TEST(power_cuts_lose_nothing_and_repeat_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
