/* Whether a device is offered an update, and what its check-in says about one offered before. Pure, as decide.h.
 *
 * Success is what devices prove: whose evidence has the release runs it, and whoever had it and fell back has failed.
 * Failure is also what they say: a trial that failed, a refusal for good, or one that has stood for an hour. A device
 * that never says anything of updates has failed if it was offered it, has reset since and does not run it; for all others
 * a reset means nothing, so that power cuts cost nothing. A device that has merely not come back has not failed. Who on
 * trial did not reach the service has failed, but is offered it again a day later. And whoever runs the release and reports a burst of failures of it has failed: the
 * next check-in without them takes that back, but not the halt that came of it.
 * source  DESIGN 6, rollouts; docs/decisions/0022-rollouts.md */
#ifndef SERVICE_DECIDE_OFFER_H
#define SERVICE_DECIDE_OFFER_H

#include "service/record/record.h"

#define OFFER_RATE_WINDOW_S 60
/* A refusal that a bad line may have caused becomes a failure when it has stood for so long. */
#define OFFER_REFUSAL_PATIENCE_S 3600

#define OFFER_NO_CONTACT_WAIT_S 86400
/* A second trial takes so many resets at least until an older report of failure is taken for its result. */
#define OFFER_TRIAL_RESET_COUNT_MIN 3

/* So many failures of the release in the report of one check-in are a burst. */
#define OFFER_CRASH_COUNT_MIN 5

enum offer_reason {
    OFFER_MADE,
    OFFER_MADE_AGAIN, /* until it is known how it went: the device may have lost the answer */
    OFFER_RUNNING,
    OFFER_CRASHES, /* the device runs it, and it fails */
    OFFER_RUNS_LATER,
    OFFER_FAILED,
    OFFER_NO_CONTACT,
    OFFER_OUTDATED, /* signed under a key set that was replaced */
    OFFER_PAUSED,
    OFFER_HALTED,
    OFFER_ABORTED,
    OFFER_OUTSIDE_RING,
    OFFER_RATE,
    OFFER_WINDOW,
};

struct offer_input {
    const struct rollout_record *rollout;
    const struct rollout_target *target; /* NULL: this device was never offered it */
    const struct device_record *record;  /* with what its latest evidence said */
    const struct report_record *report;  /* about this component; NULL: it never said anything */
    bool is_outdated; /* a newer key set is known than the one that the release was signed under */
    /* Of this rollout, without this device's present check-in. */
    uint64_t target_count;
    uint64_t running_count;
    uint64_t failed_count;
    uint64_t offered_count; /* first offers within the last OFFER_RATE_WINDOW_S */
    uint64_t crash_count; /* failures of the running image that this check-in brought */
    uint64_t time_s;
};

struct offer_output {
    enum offer_reason reason;
    bool is_offered;
    bool save_target;
    struct rollout_target target;
    bool halt;             /* this failure was one too many */
    uint32_t open_percent; /* enough run it: the next ring is open from now on; 0: no change */
    bool finish;           /* enough run it, and there is no further ring */
};

void decide_offer(const struct offer_input *input, struct offer_output *out);
/* 0 to 99, from the UEID alone: the same devices go first in every rollout, and a higher percentage adds devices. */
uint32_t offer_ring(const struct ueid *ueid);
/* The percentage that follows the present one; 0: there is none. */
uint32_t offer_next_ring(const struct rollout_record *rollout);
/* A sentence for people. */
const char *offer_text(enum offer_reason reason);

#endif
