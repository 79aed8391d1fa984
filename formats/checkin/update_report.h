/* What a device says about its updates: at most one report a component, for one that is under way or for the last one.
 *     report = {1: component, 2: sequence, 3: state, ? 4: error code, 5: bytes of the image that stand}
 * It is the word of the non-secure world: it tells people why, and decides nothing that evidence decides.
 * source  docs/protocol/checkin.md */
#ifndef FORMATS_CHECKIN_UPDATE_REPORT_H
#define FORMATS_CHECKIN_UPDATE_REPORT_H

#include "formats/cbor/cbor.h"
#include "formats/identity/identity.h"

/* Values are on the wire. */
enum update_state {
    UPDATE_STATE_NONE = 0,        /* nothing to report; never encoded */
    UPDATE_STATE_DOWNLOADING = 1, /* begun; goes on at the next check-in */
    UPDATE_STATE_WAITING = 2,     /* installed; starts with the next reset */
    UPDATE_STATE_TRIAL = 3,       /* started; stays once an answer of the service is accepted */
    UPDATE_STATE_CONFIRMED = 4,   /* stays; the other slot still holds the version before it */
    UPDATE_STATE_SETTLED = 5,     /* stays, and both slots hold it */
    UPDATE_STATE_FAILED = 6,      /* failed its trial: the version before it runs */
    UPDATE_STATE_REFUSED = 7,     /* never started */
};
#define UPDATE_STATE_MAX UPDATE_STATE_REFUSED

#define UPDATE_REPORT_COUNT_MAX COMPONENT_COUNT
#define UPDATE_REPORT_SIZE_BYTES_MAX 24

struct update_report {
    enum component component;
    uint32_t sequence;  /* of the manifest that is or was offered; 0: unknown */
    enum update_state state;
    uint32_t code;      /* of base/error_list.h if the state is FAILED or REFUSED, else 0 */
    uint32_t size_done_bytes;
};

/* "downloading", "waiting for a restart", ...; NULL for NONE and anything else. */
const char *update_state_name(enum update_state state);
/* One report; previous is the one before it in the list or NULL: components ascend. Failures are sticky in the reader. */
void update_report_read(struct cbor_reader *cbor, const struct update_report *previous, struct update_report *report);
/* True if it may be encoded after previous. */
bool update_report_is_valid(const struct update_report *report, const struct update_report *previous);
void update_report_write(struct writer *out, const struct update_report *report);

#endif
