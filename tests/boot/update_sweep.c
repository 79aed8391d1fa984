/* Power cuts over updates on the host board: while an image is received, whole or as a patch, made active, tried,
 * confirmed and copied to the other slot; while key sets change and the generation counter rises. Each flash operation is
 * cut in each way, and each operation of the start after it once more. Afterwards (T-07)
 *   - every start boots the old image or the new one, at the first try: the record never names a slot that does not boot;
 *   - a header stands in front of a whole image or does not stand, and what stands is not below its floor;
 *   - no counter and no key set goes back;
 *   - what is confirmed stays, and in the end both slots hold the new image and the old keys are dropped.
 * A flash that was met before is not followed twice.
 *     update_sweep [complete]
 * Without "complete" some operations are cut. UPDATE_SWEEP=must-fail in the environment is for the twins that write the
 * record before the header, or raise floors before the copy: the sweep must find them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/abi/flash_map.h"
#include "device/abi/slot.h"
#include "device/boards/host/host_board.h"
#include "device/monitor/fixture_test.h"
#include "tests/boot/flash_seen.h"
#include "tests/boot/sweep_board.h"

#define BOOT_COUNT_MAX 6
#define SAMPLE_STEP 97
#define SAMPLE_STEP_SECOND 151
/* Operations at the end of a start that decide: the end of the header, the record. */
#define COMMIT_COUNT 16
/* What of the flash is ever written: everything before the slots, and the beginning of each slot. */
#define LOW_SIZE FLASH_MONITOR_A_OFFSET
#define SLOT_USED_SIZE (4 * FLASH_BLOCK_SIZE)
#define KEPT_SIZE (LOW_SIZE + COMPONENT_COUNT * SLOT_COUNT * SLOT_USED_SIZE)

struct kept {
    uint8_t bytes[KEPT_SIZE];
    struct sweep_board board;
};

static unsigned cut_count[2]; /* first cuts, second cuts */
static bool complete;

static size_t ranges(const uint8_t *from[1 + COMPONENT_COUNT * SLOT_COUNT], size_t size[1 + COMPONENT_COUNT * SLOT_COUNT])
{
    size_t count = 0;
    from[count] = host_board_flash();
    size[count++] = LOW_SIZE;
    for (enum component component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        for (uint32_t slot_index = 0; slot_index < SLOT_COUNT; slot_index++) {
            from[count] = host_board_flash() + slot_offset_bytes(component, slot_index);
            size[count++] = SLOT_USED_SIZE;
        }
    }
    return count;
}

static void flash_move(struct kept *kept, bool restore)
{
    const uint8_t *from[1 + COMPONENT_COUNT * SLOT_COUNT];
    size_t size[1 + COMPONENT_COUNT * SLOT_COUNT];
    size_t count = ranges(from, size);
    uint8_t *bytes = kept->bytes;
    for (size_t index = 0; index < count; index++) {
        uint8_t *flash = host_board_flash() + (from[index] - host_board_flash());
        if (restore) {
            memcpy(flash, bytes, size[index]);
        } else {
            memcpy(bytes, flash, size[index]);
        }
        bytes += size[index];
    }
}

static void keep(struct kept *kept)
{
    flash_move(kept, false);
    kept->board = sweep_board;
}

/* All but what is counted over the whole sweep. */
static void restore(struct kept *kept)
{
    struct sweep_board now = sweep_board;
    flash_move(kept, true);
    sweep_board = kept->board;
    sweep_board.failure_count = now.failure_count;
    sweep_board.start_count = now.start_count;
}

/* True if a flash like this was met before, cut as often. */
static bool is_known(uint64_t salt)
{
    const uint8_t *from[1 + COMPONENT_COUNT * SLOT_COUNT];
    size_t size[1 + COMPONENT_COUNT * SLOT_COUNT];
    size_t count = ranges(from, size);
    uint64_t hash = flash_seen_hash_begin(salt * 3 + (sweep_board.was_settled ? 1 : 0));
    for (size_t index = 0; index < count; index++) {
        hash = flash_seen_hash_add(hash, span_of(from[index], size[index]));
    }
    return flash_seen_is_known(hash);
}

static void recover(void)
{
    sweep_board.settled = false;
    for (uint32_t boot = 0; boot < BOOT_COUNT_MAX && !sweep_board.settled; boot++) {
        (void)sweep_board_start(NULL);
        sweep_board_check();
    }
    sweep_board_expect_settled();
}

/* The power goes once more, in the start after the one that was cut; until that start comes to a flash from which another
 * one has gone on. */
static void sweep_second(uint32_t first)
{
    static struct kept kept;
    uint32_t step = complete ? 1 : SAMPLE_STEP_SECOND;
    keep(&kept);
    for (uint32_t operation = complete ? 0 : first % step;; operation += step) {
        for (int kind = 0; kind < HOST_CUT_COUNT; kind += complete ? 1 : 3) {
            restore(&kept);
            if (!sweep_board_start(&(struct sweep_cut){operation, (enum host_cut)kind})) {
                restore(&kept);
                return;
            }
            cut_count[1]++;
            sweep_board_check();
            bool known = is_known(2);
            if (!known) {
                recover();
            } else if (kind == HOST_CUT_BEFORE && complete && operation > 0) {
                restore(&kept);
                return;
            }
        }
    }
}

static void cut_once(struct kept *kept, struct sweep_cut cut, bool again)
{
    restore(kept);
    if (!sweep_board_start(&cut)) {
        return;
    }
    cut_count[0]++;
    sweep_board_check();
    if (is_known(1)) {
        return;
    }
    if (again) {
        sweep_second(cut.operation);
    }
    recover();
}

/* Start after start until nothing changes any more: receive and finish; try, confirm, copy; run on under new floors. */
static void sweep(void)
{
    static struct kept kept;
    for (uint32_t boot = 0; boot < BOOT_COUNT_MAX && !sweep_board.was_settled; boot++) {
        sweep_board.was_settled = sweep_board.settled;
        keep(&kept);
        (void)sweep_board_start(NULL);
        uint32_t count = host_board_operation_count();
        uint32_t step = complete ? 1 : SAMPLE_STEP;
        for (uint32_t operation = 0; operation < count; operation += operation + COMMIT_COUNT < count ? step : 1) {
            /* Sampled: before and torn high, or torn low and after, in turn. */
            for (int kind = complete ? 0 : (int)(operation % 2); kind < HOST_CUT_COUNT; kind += complete ? 1 : 2) {
                bool again = complete || (kind <= HOST_CUT_TORN_LOW && operation % SAMPLE_STEP == 0);
                cut_once(&kept, (struct sweep_cut){operation, (enum host_cut)kind}, again);
            }
            if (complete && operation % 100 == 0) {
                printf("  start %u, operation %u of %u: %u first cuts, %u second cuts, %u starts\n", boot + 1, operation,
                       count, cut_count[0], cut_count[1], sweep_board.start_count);
                (void)fflush(stdout);
            }
        }
        restore(&kept);
        (void)sweep_board_start(NULL);
        sweep_board_check();
    }
    sweep_board_expect_settled();
}

int main(int count, char **arguments)
{
    static const struct {
        enum component component;
        bool by_patch;
    } cases[] = {{COMPONENT_BASE, false}, {COMPONENT_MONITOR, false}, {COMPONENT_APP, false}, {COMPONENT_BASE, true}};
    const char *mode = getenv("UPDATE_SWEEP");
    bool must_fail = mode != NULL && strcmp(mode, "must-fail") == 0;
    complete = count > 1 && strcmp(arguments[1], "complete") == 0;
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        sweep_board_make(cases[index].component, cases[index].by_patch);
        flash_seen_clear();
        sweep_board_print_wear();
        (void)fixture_teardown(NULL);
        sweep_board_make(cases[index].component, cases[index].by_patch);
        sweep();
        printf("updates of %s%s: ", component_name(cases[index].component), cases[index].by_patch ? " by patch" : "");
        printf("%u power cuts and %u second ones, %u starts, %u failures so far%s\n", cut_count[0], cut_count[1],
               sweep_board.start_count, sweep_board.failure_count, must_fail ? " (some are expected)" : "");
        (void)fixture_teardown(NULL);
    }
    return (sweep_board.failure_count != 0) == must_fail && cut_count[0] > 0 ? 0 : 1;
}
