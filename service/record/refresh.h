/* Shapes of revocation and refresh, as decisions use them and the store keeps them. Data only. */
#ifndef SERVICE_RECORD_REFRESH_H
#define SERVICE_RECORD_REFRESH_H

#include <stdbool.h>

#include "formats/identity/identity.h"

/* What was taken from a device; the revocation journal holds the same outside the database. All zero: nothing. */
struct revoked_state {
    uint32_t epoch_min; /* evidence and certificates of lower epochs count for nothing */
    uint32_t reason;    /* of the latest order; 0: the device reached that epoch by itself */
    bool is_quarantined;
};

/* Why a refresh was ordered; the number goes to the device and into the journal. Values are on the wire. */
enum refresh_reason {
    REFRESH_BY_OPERATOR = 1,
    REFRESH_BY_RULE = 2,
    REFRESH_AFTER_RESTORE = 3,
};

/* Values are stored. */
enum refresh_state {
    REFRESH_RUNNING = 1,
    REFRESH_ABORTED = 2, /* orders that were given stand; no further ones are */
};

#define REFRESH_TEXT_SIZE_BYTES_MAX 200

/* One wish to refresh a part of the fleet. */
struct refresh_record {
    uint64_t number; /* given by the store */
    enum refresh_state state;
    enum refresh_reason reason;
    char text[REFRESH_TEXT_SIZE_BYTES_MAX + 1]; /* what the operator says about it */
    uint32_t rate_per_minute;                   /* orders; 0: all at once */
    uint64_t started_s;
};

/* How far one device has come. Values are stored, and only rise. */
enum refresh_stage {
    REFRESH_WAITING = 1,   /* its turn has not come */
    REFRESH_ORDERED = 2,   /* decided and journaled: its old keys are worth nothing from here on */
    REFRESH_DELIVERED = 3, /* the signed order was given to it */
    REFRESH_PROVED = 4,    /* it has given evidence of the new epoch */
    REFRESH_DONE = 5,      /* accepted in normal mode, with a new certificate */
};
#define REFRESH_STAGE_COUNT 5

struct refresh_target {
    uint64_t refresh;
    struct ueid ueid;
    enum refresh_stage stage;
    uint32_t epoch;                             /* ordered; 0 while waiting */
    uint32_t last_code;                         /* why its latest check-in was refused; ERROR_CODE_NONE: it was not */
    uint64_t reached_s[REFRESH_STAGE_COUNT + 1]; /* by stage; 0: not reached */
};

struct refresh_counts {
    uint64_t stages[REFRESH_STAGE_COUNT + 1]; /* devices, by stage */
};

#endif
