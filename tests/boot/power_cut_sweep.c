/* Power cuts over boots on the host board: each flash operation of each start is cut in each way (before, torn twice,
 * after), and each operation of the start after it once more. Then the next start must boot, with no boot, no epoch and
 * no claim lost. T-07. Two boards:
 *   - one whose monitor writes its record at each start and asks for the next epoch at each fifth;
 *   - a claimed one that is ordered to refresh, twice: its claim is carried over the epoch, from either copy to the other.
 * A flash that was met before is not followed twice.
 *     power_cut_sweep [complete [record | refresh]]
 * Without "complete" some operations are cut; with a name, of that board only. POWER_CUT_SWEEP=must-fail in the environment is for the twins with a write
 * order that does not survive: the sweep must find it. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/abi/flash_map.h"
#include "device/abi/monitor_call.h"
#include "device/boards/host/host_board.h"
#include "device/hal/memory.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/monitor.h"
#include "device/monitor/state.h"
#include "device/rom/rom.h"
#include "device/secure/boot_record.h"
#include "tests/boot/flash_seen.h"

#define RECORD_START_COUNT 22
#define REFRESH_START_COUNT 4
#define REFRESH_EPOCH_COUNT 2
#define RECOVERY_START_COUNT_MAX 4
#define SAMPLE_ALL_BELOW 6
#define SAMPLE_ALL_AT_END 8
/* Nothing behind this is written; that is checked. */
#define KEPT_SIZE FLASH_STORAGE_OFFSET

struct kept {
    uint8_t bytes[KEPT_SIZE];
};

struct cut {
    uint32_t operation;
    enum host_cut kind;
};

struct board {
    const char *name;
    void (*monitor_program)(void);
    uint32_t start_count;
    uint32_t kept_size; /* of the flash, what is written */
    uint32_t sample_step;
    uint32_t sample_step_second;
};

static const struct board *board;
static bool complete;
static bool settled; /* in the last start: nothing is left to do */
static uint32_t epoch_wanted;
/* As the ROM last handed them over, and before the first cut. */
static uint32_t boot_count_seen;
static uint32_t epoch_seen;
static uint32_t boot_count;
static uint32_t epoch;
static uint32_t start_index;
static unsigned cut_count[2]; /* first ones, second ones */
static unsigned start_count;
static uint64_t random_state;
static unsigned failure_count;

static void fail(const char *what)
{
    failure_count++;
    if (failure_count == 1) {
        struct span console = host_board_console();
        fprintf(stderr, "%s\n%.*s\n", what, (int)console.size, (const char *)console.data);
    }
}

/* What the monitor does with the record: confirm, and now and then ask for the next epoch. */
static void record_program(void)
{
    struct boot_record record;
    const struct handoff *handoff = hal_memory_handoff();
    if (!error_is_none(boot_record_open(&record, handoff->secrets.record_key)) ||
        record.state.boot_count != handoff->boot_count) {
        fail("the record does not open");
        return;
    }
    record.state.attempt_count[COMPONENT_MONITOR] = 0;
    record.state.epoch_requested = handoff->boot_count % 5 == 4 ? handoff->epoch + 1 : 0;
    if (!error_is_none(boot_record_store(&record))) {
        fail("the record is not written");
    }
    settled = true;
}

/* The signed answer that orders a refresh; if it is obeyed, the board resets and this does not return. */
static void take_order(void)
{
    static uint8_t evidence[MONITOR_MAILBOX_DATA_SIZE_BYTES];
    static const uint8_t challenge[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES] = {1};
    struct span token = fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(challenge));
    memcpy(evidence, token.data, token.size);
    struct fixture_answer order = {
        .evidence = span_of(evidence, token.size), .signer = "alice control", .order_epoch = epoch_wanted};
    (void)fixture_call(MONITOR_CALL_ANSWER, fixture_answer(&order));
    fail("the order was not obeyed");
}

static void refresh_program(void)
{
    if (!error_is_none(monitor_start()) || !monitor.claimed) {
        fail("the claim is lost");
        return;
    }
    (void)fixture_must_call(MONITOR_CALL_CONFIRM, SPAN_EMPTY);
    if (monitor.handoff.epoch < epoch_wanted) {
        take_order();
    }
    settled = monitor.handoff.epoch == epoch_wanted;
}

static int random_ready(void)
{
    return 1;
}

/* What OpenSSL signs with: a counter. Only that equal starts leave equal flashes depends on it. */
static int random_bytes(unsigned char *out, int size)
{
    for (int index = 0; index < size; index++) {
        random_state = random_state * 6364136223846793005u + 1442695040888963407u;
        out[index] = (unsigned char)(random_state >> 56);
    }
    return 1;
}

static void random_fix(void)
{
    static const RAND_METHOD method = {.bytes = random_bytes, .pseudorand = random_bytes, .status = random_ready};
    (void)RAND_set_rand_method(&method);
}

/* One start; true if the power went. The same seed, so that the same start leaves the same flash. */
static bool start(const struct cut *cut)
{
    static const uint8_t seed[32] = {1};
    settled = false;
    random_state = 1;
    host_board_power_on(seed);
    if (cut != NULL) {
        host_board_cut_power(cut->operation, cut->kind);
    }
    start_count++;
    enum host_event event = host_board_run(rom_boot);
    if (event == HOST_EVENT_STARTED) {
        boot_count_seen = hal_memory_handoff()->boot_count;
        epoch_seen = hal_memory_handoff()->epoch;
        event = host_board_run(board->monitor_program);
    } else if (event != HOST_EVENT_POWER_CUT) {
        fail("the ROM did not start the monitor");
    }
    return event == HOST_EVENT_POWER_CUT;
}

/* After as many starts that were cut. */
static void recover(uint32_t cuts)
{
    (void)start(NULL);
    struct span console = host_board_console();
    if (boot_count > 0 && memmem(console.data, console.size, "rom: record", 11) != NULL) {
        fail("the record is lost");
    } else if (boot_count_seen <= boot_count || boot_count_seen > boot_count + cuts + 1) {
        fail("the boots are not counted");
    } else if (epoch_seen < epoch) {
        fail("the epoch went back");
    }
    for (uint32_t index = 1; index < RECOVERY_START_COUNT_MAX && !settled; index++) {
        (void)start(NULL);
    }
    if (!settled) {
        fail("the board does not come to its end");
    }
}

static void keep(struct kept *kept)
{
    memcpy(kept->bytes, host_board_flash(), board->kept_size);
}

static void restore(const struct kept *kept)
{
    memcpy(host_board_flash(), kept->bytes, board->kept_size);
}

/* True if the flash was met before: cut as often, in the same start; place: operation of that start, 0: any. */
static bool is_known(uint32_t cuts, uint32_t place)
{
    uint64_t hash = flash_seen_hash_begin((uint64_t)place << 32 | (start_index * 4 + cuts));
    return flash_seen_is_known(flash_seen_hash_add(hash, span_of(host_board_flash(), board->kept_size)));
}

/* The start after the one that was cut, cut at each operation; until it comes to a flash from which another one has gone
 * on at the same operation. */
static void sweep_second(uint32_t first)
{
    static struct kept kept;
    uint32_t step = complete ? 1 : board->sample_step_second;
    keep(&kept);
    for (uint32_t operation = complete ? 0 : first % step;; operation += step) {
        for (int kind = complete ? 0 : (int)(operation % 2); kind < HOST_CUT_COUNT; kind += complete ? 1 : 2) {
            restore(&kept);
            if (!start(&(struct cut){operation, (enum host_cut)kind}) ||
                (kind == HOST_CUT_BEFORE && complete && is_known(2, operation + 1))) {
                restore(&kept);
                return;
            }
            cut_count[1]++;
            if (!is_known(2, 0)) {
                recover(2);
            }
        }
    }
}

static void cut_once(const struct kept *kept, struct cut cut)
{
    restore(kept);
    if (!start(&cut)) {
        return;
    }
    cut_count[0]++;
    if (is_known(1, 0)) {
        return;
    }
    sweep_second(cut.operation);
    recover(1);
}

/* The operation of count ones that is cut after this one. */
static uint32_t after(uint32_t operation, uint32_t count)
{
    if (complete || operation < SAMPLE_ALL_BELOW || operation + SAMPLE_ALL_AT_END >= count) {
        return operation + 1;
    }
    uint32_t next = operation + board->sample_step;
    return next + SAMPLE_ALL_AT_END < count ? next : count - SAMPLE_ALL_AT_END;
}

static void sweep(void)
{
    static struct kept kept;
    boot_count = boot_count_seen;
    epoch = epoch_seen;
    for (start_index = 0; start_index < board->start_count; start_index++) {
        keep(&kept);
        (void)start(NULL);
        uint32_t count = host_board_operation_count();
        for (uint32_t operation = 0; operation < count; operation = after(operation, count)) {
            for (int kind = 0; kind < HOST_CUT_COUNT; kind++) {
                cut_once(&kept, (struct cut){operation, (enum host_cut)kind});
            }
        }
        restore(&kept);
        (void)start(NULL);
        boot_count = boot_count_seen;
        epoch = epoch_seen;
        if (complete) {
            printf("  %s, start %u: %u operations, %u first cuts, %u second ones, %u starts\n", board->name,
                   start_index + 1, count, cut_count[0], cut_count[1], start_count);
            (void)fflush(stdout);
        }
    }
    for (uint32_t offset = KEPT_SIZE; offset < FLASH_MONITOR_A_OFFSET; offset++) {
        if (host_board_flash()[offset] != 0xFF) {
            fail("written behind what is kept");
        }
    }
    if (!settled) {
        fail("the board did not come to its end without a cut");
    }
}

/* A board from the factory that has not been started. */
static void record_board_make(void)
{
    (void)fixture_setup(NULL);
    boot_count_seen = 0;
    epoch_seen = 0;
}

static void refresh_board_make(void)
{
    (void)fixture_setup(NULL);
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    /* Starts until now must not count as attempts. */
    (void)fixture_must_call(MONITOR_CALL_CONFIRM, SPAN_EMPTY);
    boot_count_seen = monitor.handoff.boot_count;
    epoch_seen = monitor.handoff.epoch;
    epoch_wanted = epoch_seen + REFRESH_EPOCH_COUNT;
}

int main(int count, char **arguments)
{
    static const struct board boards[] = {
        {"record", record_program, RECORD_START_COUNT, FLASH_PROVISIONING_OFFSET, 29, 61},
        {"refresh", refresh_program, REFRESH_START_COUNT, KEPT_SIZE, 197, 211},
    };
    static void (*const makes[])(void) = {record_board_make, refresh_board_make};
    const char *mode = getenv("POWER_CUT_SWEEP");
    bool must_fail = mode != NULL && strcmp(mode, "must-fail") == 0;
    random_fix();
    complete = count > 1 && strcmp(arguments[1], "complete") == 0;
    for (size_t index = 0; index < sizeof(boards) / sizeof(boards[0]) && !(must_fail && failure_count > 0); index++) {
        board = &boards[index];
        if (count > 2 && strcmp(arguments[2], board->name) != 0) {
            continue;
        }
        flash_seen_clear();
        makes[index]();
        sweep();
        printf("%s: %u power cuts and %u second ones, %u starts, %u failures so far%s\n", board->name, cut_count[0],
               cut_count[1], start_count, failure_count, must_fail ? " (some are expected)" : "");
        (void)fixture_teardown(NULL);
    }
    return (failure_count != 0) == must_fail && cut_count[0] > 0 && cut_count[1] > 0 ? 0 : 1;
}
