/* One slot of the failure log in flash, as in docs/protocol/failure.md. A record counts once its MAC is right; what lies
 * behind the MAC is added to it bit by bit and never decides anything but numbers in a report. */
#ifndef DEVICE_MONITOR_FAILURE_SLOT_H
#define DEVICE_MONITOR_FAILURE_SLOT_H

#include "base/error.h"
#include "device/abi/flash_map.h"
#include "formats/failure/failure.h"

#define FAILURE_SLOT_SIZE_BYTES 160u
#define FAILURE_SLOTS_PER_BLOCK (FLASH_BLOCK_SIZE / FAILURE_SLOT_SIZE_BYTES)
#define FAILURE_SLOT_COUNT (FLASH_FAILURE_SIZE / FLASH_BLOCK_SIZE * FAILURE_SLOTS_PER_BLOCK)

enum failure_slot_state {
    FAILURE_SLOT_BLANK,
    FAILURE_SLOT_BROKEN, /* cut off, altered, or another device's */
    FAILURE_SLOT_WHOLE,
};

/* Bits that are cleared one by one behind a record. */
enum failure_tally {
    FAILURE_TALLY_ALIKE, /* further failures that the record counts */
    FAILURE_TALLY_LOST,  /* failures that were lost after it */
};

struct failure_slot {
    enum failure_slot_state state;
    bool is_done;
    uint32_t log;
    struct failure_record record;
    uint32_t erase_spent;
    uint32_t erase_time_min;
    uint32_t lost_after;
};

/* errors of all  FLASH_* */
MUST_USE struct error failure_slot_read(uint32_t index, struct failure_slot *out);
/* Fills a blank slot; count, is_done and lost_after of the record are those of a new one. */
MUST_USE struct error failure_slot_write(uint32_t index, const struct failure_slot *slot);
MUST_USE struct error failure_slot_set_done(uint32_t index);
/* Counts one more. counted is false if no bit is left. */
MUST_USE struct error failure_slot_count(uint32_t index, enum failure_tally tally, bool *counted);

#endif
