/* ATTACK=name EXPECT=refused|succeeds in the environment: T-05, T-14, T-21, T-22 on the host board. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device/abi/monitor_call.h"
#include "device/monitor/claim.h"
#include "device/boards/host/host_board.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/rescue.h"
#include "device/monitor/state.h"
#include "device/monitor/update.h"

static bool belongs_to(const char *owner)
{
    return monitor.claimed &&
           memcmp(monitor.owner.voucher.owner_root_digest.bytes, fixture_key(owner).digest.bytes, 32) == 0;
}

static bool claim_and_reset(const struct fixture_claim *claim)
{
    (void)fixture_call(MONITOR_CALL_CLAIM, fixture_claim(claim));
    fixture_must_boot();
    return belongs_to(claim->owner);
}

/* A thief signs a voucher for himself (T-14). */
static bool claim_by_thief(void)
{
    struct fixture_claim claim = {.owner = "thief", .signer = "thief", .generation = 9};
    return claim_and_reset(&claim);
}

/* A former owner shows the voucher again that the maker once gave him (T-14). */
static bool claim_replayed(void)
{
    fixture_claim_board("bob", 2);
    struct fixture_claim claim = {.owner = "alice", .signer = "maker", .generation = 1};
    return claim_and_reset(&claim);
}

static struct span evidence(void)
{
    static uint8_t bytes[EVIDENCE_SIZE_BYTES_MAX];
    static const uint8_t request[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES];
    struct span token = fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request));
    memcpy(bytes, token.data, token.size);
    return span_of(bytes, token.size);
}

static struct span thief_answer;

static void show_thief_answer(void)
{
    (void)fixture_call(MONITOR_CALL_ANSWER, thief_answer);
}

/* Another owner's service orders a refresh (T-14, T-22), which would reset the board. */
static bool answer_of_another_owner(void)
{
    uint32_t epoch = monitor.handoff.epoch;
    struct fixture_answer answer = {
        .evidence = evidence(), .signer = "thief control", .order_epoch = epoch + 1};
    thief_answer = fixture_answer(&answer);
    (void)host_board_run(show_thief_answer);
    fixture_must_boot();
    return monitor.handoff.epoch != epoch;
}

/* A good answer of before is shown again, to have its ticket once more (T-22). */
static bool answer_replayed(void)
{
    struct fixture_answer answer = {.evidence = evidence(), .signer = "alice control"};
    struct span input = fixture_answer(&answer);
    (void)fixture_must_call(MONITOR_CALL_ANSWER, input);
    (void)evidence();
    return error_is_none(fixture_call(MONITOR_CALL_ANSWER, input).error);
}

/* What was sealed before a refresh is read after it (T-21). */
static bool sealed_read_after_refresh(void)
{
    static const uint8_t store[] = {MONITOR_STORAGE_SEALED, 1, 1, 's', 'e', 'c', 'r', 'e', 't'};
    (void)fixture_must_call(MONITOR_CALL_STORE, SPAN_OF(store));
    fixture_expect_none(claim_request_epoch());
    fixture_must_boot();
    struct fixture_reply reply = fixture_call(MONITOR_CALL_LOAD, span_of(store, 3));
    return error_is_none(reply.error) && span_equal(reply.data, span_of("secret", 6));
}

/* An app that the owner once signed is put back into the flash, after key set generation 5 with sequence 7 as its floor has
 * replaced what it was signed under (T-05). */
static bool old_app_starts(uint32_t generation, uint32_t sequence)
{
    struct fixture_claim claim = {
        .owner = "alice", .signer = "alice", .generation = 2, .app_generation = 5, .app_sequence_min = 7};
    struct fixture_image old = {.component = COMPONENT_APP, .sequence = sequence, .generation = generation,
                                .root = "alice", .signer = "alice app", .fill = 0x44};
    (void)fixture_must_call(MONITOR_CALL_CLAIM, fixture_claim(&claim));
    fixture_write_slot(&old);
    fixture_must_boot();
    return monitor.claimed && monitor.app_running;
}

static bool app_of_an_older_key_set(void)
{
    return old_app_starts(4, 9);
}

static bool app_of_a_lower_sequence(void)
{
    return old_app_starts(5, 6);
}

/* Somebody at the wire of a board without a base sends one that he signed himself, to have his bytes in the flash (T-04). */
static bool rescue_of_a_forged_base(void)
{
    struct slot_header header;
    struct fixture_image image = {
        .component = COMPONENT_BASE, .sequence = 9, .root = "thief", .signer = "thief release", .fill = 0x99};
    fixture_flip_slot(COMPONENT_BASE, 0, SLOT_HEADER_SIZE_BYTES);
    fixture_expect_error(fixture_boot(), ERROR_CODE_BOOT_NO_SLOT);
    struct span slot = fixture_slot(&image);
    fixture_expect_none(slot_header_parse(span_of(slot.data, SLOT_HEADER_SIZE_BYTES), &header));
    return error_is_none(rescue_begin(&header)) &&
           error_is_none(update_write(0, span_of(slot.data + SLOT_HEADER_SIZE_BYTES, 1000)));
}

static const struct {
    const char *name;
    bool (*run)(void);
} attacks[] = {
    {"claim_by_thief", claim_by_thief},
    {"claim_replayed", claim_replayed},
    {"answer_of_another_owner", answer_of_another_owner},
    {"answer_replayed", answer_replayed},
    {"app_of_an_older_key_set", app_of_an_older_key_set},
    {"app_of_a_lower_sequence", app_of_a_lower_sequence},
    {"sealed_read_after_refresh", sealed_read_after_refresh},
    {"rescue_of_a_forged_base", rescue_of_a_forged_base},
};

static void attack(void **state)
{
    (void)state;
    const char *name = getenv("ATTACK");
    const char *expected = getenv("EXPECT");
    assert_non_null(name);
    assert_non_null(expected);
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    for (size_t index = 0; index < sizeof(attacks) / sizeof(attacks[0]); index++) {
        if (strcmp(attacks[index].name, name) == 0) {
            assert_string_equal(attacks[index].run() ? "succeeds" : "refused", expected);
            return;
        }
    }
    fail_msg("there is no attack '%s'", name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(attack, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
