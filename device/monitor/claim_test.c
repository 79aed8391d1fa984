/* Whose the device is: who may give it away, what a claim must hold, power cuts and old copies (T-07, T-14). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "device/abi/flash_map.h"
#include "device/abi/monitor_call.h"
#include "device/boards/host/host_board.h"
#include "device/monitor/allowance.h"
#include "device/monitor/certificate_key.h"
#include "device/monitor/claim.h"
#include "device/monitor/claim_copy.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/state.h"

static void first_claim_takes_effect_at_the_next_epoch(void **state)
{
    (void)state;
    fixture_must_boot();
    uint32_t epoch = monitor.handoff.epoch;
    struct fixture_claim claim = {.owner = "alice", .signer = "maker", .generation = 1};
    (void)fixture_must_call(MONITOR_CALL_CLAIM, fixture_claim(&claim));
    char line[64];
    const uint8_t *digest = fixture_key("alice").digest.bytes;
    (void)snprintf(line, sizeof(line), "monitor: claim %02x%02x%02x%02x\n", digest[0], digest[1], digest[2],
                   digest[3]);
    assert_true(fixture_console_has(line));
    assert_false(monitor.claimed);
    fixture_expect_error(fixture_call(MONITOR_CALL_CLAIM, fixture_claim(&claim)).error, ERROR_CODE_MONITOR_STATE);
    fixture_must_boot();
    assert_int_equal(monitor.handoff.epoch, epoch + 1);
    assert_true(monitor.claimed);
    assert_memory_equal(monitor.owner.voucher.owner_root_digest.bytes, fixture_key("alice").digest.bytes, 32);
    fixture_must_boot();
    assert_int_equal(monitor.handoff.epoch, epoch + 1);
    assert_true(monitor.claimed);
}

struct refusal {
    struct fixture_claim claim;
    enum error_code error;
};

static void expect_refusals(const struct refusal *cases, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        uint32_t operations = host_board_operation_count();
        struct error error = fixture_call(MONITOR_CALL_CLAIM, fixture_claim(&cases[index].claim)).error;
        fixture_expect_error(error, cases[index].error);
        assert_int_equal(host_board_operation_count(), operations);
        assert_int_equal(monitor.record.state.epoch_requested == monitor.handoff.epoch + 1, 0);
    }
}

static void claims_that_do_not_hold_are_refused(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {{.owner = "bob", .signer = "bob", .generation = 1}, ERROR_CODE_VOUCHER_SIGNER},
        {{.owner = "bob", .signer = "stranger", .generation = 1}, ERROR_CODE_VOUCHER_SIGNER},
        {{.owner = "bob", .signer = "maker", .generation = 1, .other_device = true}, ERROR_CODE_VOUCHER_SUBJECT},
        {{.owner = "bob", .signer = "maker", .generation = 1, .batch = "B8"}, ERROR_CODE_VOUCHER_SUBJECT},
        {{.owner = "bob", .signer = "maker", .generation = 1, .batch = "B"}, ERROR_CODE_VOUCHER_SUBJECT},
        {{.owner = "bob", .signer = "maker", .generation = 1, .certificate = "alice"}, ERROR_CODE_VOUCHER_OWNER},
        {{.owner = "bob", .signer = "maker", .generation = 1, .control_root = "stranger"}, ERROR_CODE_KEYSET_ROOT},
        {{.owner = "bob", .signer = "maker", .generation = 1, .app_root = "stranger"}, ERROR_CODE_KEYSET_ROOT},
    };
    fixture_must_boot();
    expect_refusals(cases, sizeof(cases) / sizeof(cases[0]));
    fixture_must_boot();
    assert_false(monitor.claimed);
}

static void an_owned_device_is_given_away_by_maker_or_owner_only(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {{.owner = "bob", .signer = "maker", .generation = 2}, ERROR_CODE_VOUCHER_GENERATION},
        {{.owner = "bob", .signer = "maker", .generation = 1}, ERROR_CODE_VOUCHER_GENERATION},
        {{.owner = "bob", .signer = "bob", .generation = 3}, ERROR_CODE_VOUCHER_SIGNER},
        {{.owner = "alice", .signer = "stranger", .generation = 3}, ERROR_CODE_VOUCHER_SIGNER},
    };
    fixture_must_boot();
    fixture_claim_board("alice", 2);
    expect_refusals(cases, sizeof(cases) / sizeof(cases[0]));

    struct fixture_claim transfer = {.owner = "bob", .signer = "alice", .generation = 3};
    (void)fixture_must_call(MONITOR_CALL_CLAIM, fixture_claim(&transfer));
    fixture_must_boot();
    assert_true(monitor.claimed);
    assert_memory_equal(monitor.owner.voucher.owner_root_digest.bytes, fixture_key("bob").digest.bytes, 32);
    /* The former owner has no say any more. */
    struct fixture_claim back = {.owner = "alice", .signer = "alice", .generation = 4};
    fixture_expect_error(fixture_call(MONITOR_CALL_CLAIM, fixture_claim(&back)).error, ERROR_CODE_VOUCHER_SIGNER);
}

static void a_batch_voucher_covers_the_board(void **state)
{
    (void)state;
    fixture_must_boot();
    struct fixture_claim claim = {.owner = "alice", .signer = "maker", .generation = 1, .batch = "B7"};
    (void)fixture_must_call(MONITOR_CALL_CLAIM, fixture_claim(&claim));
    fixture_must_boot();
    assert_true(monitor.claimed);
}

static void no_byte_of_a_claim_may_differ(void **state)
{
    (void)state;
    fixture_must_boot();
    struct fixture_claim claim = {.owner = "alice", .signer = "maker", .generation = 1};
    struct span bundle = fixture_claim(&claim);
    uint8_t altered[CLAIM_SIZE_BYTES_MAX];
    struct ownership probe;
    uint32_t accepted = 0;
    for (size_t index = 0; index < bundle.size; index += 29) {
        memcpy(altered, bundle.data, bundle.size);
        altered[index] ^= 0x04;
        fixture_advance(ALLOWANCE_REFILL_MS);
        struct error error = fixture_call(MONITOR_CALL_CLAIM, span_of(altered, bundle.size)).error;
        if (error_is_none(error)) {
            /* Only the owner's certificate has bytes that count for nothing: all but its key. */
            fixture_expect_none(claim_read(bundle, &probe));
            size_t start = (size_t)(probe.parts.owner_certificate.data - bundle.data);
            assert_in_range(index, start, start + probe.parts.owner_certificate.size - 1);
            accepted++;
            fixture_teardown(NULL);
            fixture_setup(NULL);
            fixture_must_boot();
        }
    }
    assert_true(accepted > 0);
}

static void forged_signatures_are_rationed(void **state)
{
    (void)state;
    fixture_must_boot();
    struct fixture_claim claim = {.owner = "alice", .signer = "maker", .generation = 1};
    struct span bundle = fixture_claim(&claim);
    uint8_t forged[CLAIM_SIZE_BYTES_MAX];
    memcpy(forged, bundle.data, bundle.size);
    struct ownership probe;
    fixture_expect_none(claim_read(bundle, &probe));
    forged[(size_t)(probe.parts.voucher.data - bundle.data) + probe.parts.voucher.size - 1] ^= 1;
    for (uint32_t attempt = 0; attempt < ALLOWANCE_BURST; attempt++) {
        fixture_expect_error(fixture_call(MONITOR_CALL_CLAIM, span_of(forged, bundle.size)).error,
                             ERROR_CODE_VOUCHER_SIGNATURE);
    }
    fixture_expect_error(fixture_call(MONITOR_CALL_CLAIM, bundle).error, ERROR_CODE_MONITOR_RATE);
    fixture_advance(ALLOWANCE_REFILL_MS);
    (void)fixture_must_call(MONITOR_CALL_CLAIM, bundle);
}

static void an_earlier_claim_that_is_written_back_does_not_count(void **state)
{
    (void)state;
    static uint8_t earlier[FLASH_CLAIM_SIZE];
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    memcpy(earlier, host_board_flash() + FLASH_CLAIM_OFFSET, sizeof(earlier));
    fixture_claim_board("bob", 2);
    memcpy(host_board_flash() + FLASH_CLAIM_OFFSET, earlier, sizeof(earlier));
    fixture_must_boot();
    assert_false(monitor.claimed);
}

static void altered_copies_do_not_count(void **state)
{
    (void)state;
    static uint8_t before[FLASH_CLAIM_SIZE];
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    uint8_t *region = host_board_flash() + FLASH_CLAIM_OFFSET;
    memcpy(before, region, sizeof(before));
    size_t size_bytes = 76 + monitor.claim_bundle.size;
    assert_true(size_bytes > 800);
    for (size_t index = 0; index < size_bytes; index += 23) {
        region[index] ^= 0x10;
        fixture_must_boot();
        assert_false(monitor.claimed);
        region[index] ^= 0x10;
    }
    assert_memory_equal(region, before, sizeof(before));
    fixture_must_boot();
    assert_true(monitor.claimed);
}

static void plant_and_boot(const struct fixture_claim *claim, enum fixture_part flipped, const char *authority)
{
    fixture_plant_claim(claim, flipped, authority);
    fixture_must_boot();
}

/* Whoever finds a way to make the MAC still needs everybody's signature (T-14). */
static void a_copy_counts_for_its_signatures_not_for_its_mac(void **state)
{
    (void)state;
    static const struct fixture_claim good = {.owner = "alice", .signer = "maker", .generation = 1};
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    plant_and_boot(&good, FIXTURE_PART_NONE, NULL);
    assert_true(monitor.claimed);
    plant_and_boot(&good, FIXTURE_PART_VOUCHER, NULL);
    assert_false(monitor.claimed);
    assert_true(fixture_console_has("monitor: claim refused 0x0503"));

    static const struct {
        struct fixture_claim claim;
        const char *line;
    } cases[] = {
        {{.owner = "bob", .signer = "maker", .generation = 1, .certificate = "alice"},
         "monitor: claim refused 0x0506"},
        {{.owner = "bob", .signer = "maker", .generation = 1, .other_device = true}, "monitor: claim refused 0x0504"},
        {{.owner = "bob", .signer = "maker", .generation = 1, .control_root = "alice"},
         "monitor: claim refused 0x0402"},
        {{.owner = "bob", .signer = "maker", .generation = 1, .app_root = "alice"}, "monitor: claim refused 0x0402"},
    };
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        plant_and_boot(&cases[index].claim, FIXTURE_PART_NONE, NULL);
        assert_true(fixture_console_has(cases[index].line));
        assert_false(monitor.claimed);
    }
}

/* The voucher's signer is the one that was entitled when the claim was accepted (T-14): here the MAC is for the maker and
 * the voucher is the thief's own. */
static void a_copy_whose_signer_is_not_the_accepted_one_does_not_count(void **state)
{
    (void)state;
    static const struct fixture_claim thief = {.owner = "thief", .signer = "thief", .generation = 9};
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    plant_and_boot(&thief, FIXTURE_PART_NONE, "maker");
    assert_false(monitor.claimed);
    assert_true(fixture_console_has("monitor: claim refused 0x0502"));
}

/* A copy that the MAC covers counts in the epoch that it was written for, before it and after it not (T-14). */
static void a_copy_counts_in_its_own_epoch_only(void **state)
{
    (void)state;
    static const struct fixture_claim claim = {.owner = "bob", .signer = "maker", .generation = 2};
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    uint32_t epoch = monitor.handoff.epoch;
    struct claim_copy planted = {
        .revision = 9, .authority = fixture_key("maker").digest, .bundle = fixture_claim(&claim)};
    static const int32_t distances[] = {-1, 1, 2};
    for (size_t index = 0; index < sizeof(distances) / sizeof(distances[0]); index++) {
        for (uint32_t copy = 0; copy < 2; copy++) {
            planted.epoch = (uint32_t)((int32_t)epoch + distances[index]);
            fixture_expect_none(claim_copy_write(copy, &planted));
        }
        fixture_must_boot();
        assert_int_equal(monitor.handoff.epoch, epoch);
        assert_false(monitor.claimed);
    }
    planted.epoch = epoch;
    fixture_expect_none(claim_copy_write(1, &planted));
    fixture_must_boot();
    assert_true(monitor.claimed);
}

static void a_refresh_takes_the_claim_along(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    for (uint32_t round = 0; round < 3; round++) {
        uint32_t epoch = monitor.handoff.epoch;
        fixture_expect_none(claim_request_epoch());
        fixture_must_boot();
        assert_int_equal(monitor.handoff.epoch, epoch + 1);
        assert_true(monitor.claimed);
    }
}

static struct span cut_claim;

static void run_claim(void)
{
    (void)fixture_call(MONITOR_CALL_CLAIM, cut_claim);
}

/* Operation at which the sweep goes on: all of the first and last ones, where the order of writes shows. */
static uint32_t next_operation(uint32_t operation, uint32_t count)
{
    if (operation < 4 || operation + 6 > count) {
        return operation + 1;
    }
    return operation + 31 < count - 5 ? operation + 31 : count - 5;
}

/* Power cut during the flash operations of a transfer: old owner or new, never neither. */
static void power_cuts_leave_old_or_new(void **state)
{
    (void)state;
    static uint8_t flash[FLASH_STORAGE_OFFSET];
    uint32_t tried[2] = {0, 0};
    uint32_t count = UINT32_MAX;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    memcpy(flash, host_board_flash(), sizeof(flash));
    struct fixture_claim claim = {.owner = "bob", .signer = "maker", .generation = 2};
    cut_claim = fixture_claim(&claim);
    for (uint32_t operation = UINT32_MAX; operation == UINT32_MAX || operation < count;
         operation = operation == UINT32_MAX ? 0 : next_operation(operation, count)) {
        for (uint32_t cut = 0; cut < HOST_CUT_COUNT; cut++) {
            memcpy(host_board_flash(), flash, sizeof(flash));
            fixture_must_boot();
            uint32_t done = host_board_operation_count();
            if (operation == UINT32_MAX) {
                /* The first round is whole and counts the operations. */
                run_claim();
                count = host_board_operation_count() - done;
                break;
            }
            host_board_cut_power(done + operation, (enum host_cut)cut);
            assert_int_equal(host_board_run(run_claim), HOST_EVENT_POWER_CUT);
            fixture_must_boot();
            assert_true(monitor.claimed);
            const uint8_t *owner = monitor.owner.voucher.owner_root_digest.bytes;
            bool is_new = memcmp(owner, fixture_key("bob").digest.bytes, 32) == 0;
            assert_true(is_new || memcmp(owner, fixture_key("alice").digest.bytes, 32) == 0);
            tried[is_new ? 1 : 0]++;
        }
    }
    print_message("%u operations; %u cuts left the old owner, %u the new one\n", count, tried[0], tried[1]);
    assert_true(tried[0] > 30 && tried[1] > 0);
}

static void certificate_key_reads_nothing_but_the_key(void **state)
{
    (void)state;
    fixture_must_boot();
    struct fixture_claim claim = {.owner = "alice", .signer = "maker", .generation = 1};
    struct ownership probe;
    fixture_expect_none(claim_read(fixture_claim(&claim), &probe));
    struct span certificate = probe.parts.owner_certificate;
    struct ecdsa_p256_public_key key;
    fixture_expect_none(certificate_key(certificate, &key));
    assert_memory_equal(key.bytes, fixture_key("alice").public_key.bytes, sizeof(key.bytes));
    for (size_t size = 0; size < certificate.size; size++) {
        fixture_expect_error(certificate_key(span_of(certificate.data, size), &key), ERROR_CODE_VOUCHER_OWNER);
    }
    uint8_t longer[1100] = {0};
    memcpy(longer, certificate.data, certificate.size);
    fixture_expect_error(certificate_key(span_of(longer, certificate.size + 1), &key), ERROR_CODE_VOUCHER_OWNER);
    for (size_t index = 0; index < certificate.size; index++) {
        memcpy(longer, certificate.data, certificate.size);
        longer[index] ^= 0x80;
        struct error error = certificate_key(span_of(longer, certificate.size), &key);
        assert_true(error_is_none(error) || error_is(error, ERROR_CODE_VOUCHER_OWNER));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(first_claim_takes_effect_at_the_next_epoch),
        TEST(claims_that_do_not_hold_are_refused),
        TEST(an_owned_device_is_given_away_by_maker_or_owner_only),
        TEST(a_batch_voucher_covers_the_board),
        TEST(no_byte_of_a_claim_may_differ),
        TEST(forged_signatures_are_rationed),
        TEST(an_earlier_claim_that_is_written_back_does_not_count),
        TEST(altered_copies_do_not_count),
        TEST(a_copy_counts_for_its_signatures_not_for_its_mac),
        TEST(a_copy_whose_signer_is_not_the_accepted_one_does_not_count),
        TEST(a_copy_counts_in_its_own_epoch_only),
        TEST(a_refresh_takes_the_claim_along),
        TEST(power_cuts_leave_old_or_new),
        TEST(certificate_key_reads_nothing_but_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
