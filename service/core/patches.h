/* Patches between images, made on demand: which are there, which are wanted, and one process at a time that makes them.
 * The core never waits for one: an offer has a patch if there is one by then.
 *
 * Patches lie in the image folder under their own digest, as images do, at most PATCHES_COUNT_MAX of them: the one that
 * was offered longest ago makes room. A patch says itself what it is for, so that a core that starts finds what others
 * have made. source  docs/decisions/0024-patches.md */
#ifndef SERVICE_CORE_PATCHES_H
#define SERVICE_CORE_PATCHES_H

#include <event2/event.h>

#include "formats/checkin/checkin.h"
#include "service/store/store.h"

#define PATCHES_COUNT_MAX 256
/* After a patch that was not worth it, or could not be made: the base image may have been published since. */
#define PATCHES_RETRY_S 600
/* A process that makes one is ended after this long. */
#define PATCHES_TIMEOUT_S 60
/* How many of a component's images before are prepared for when a rollout starts. */
#define PATCHES_PREPARED_COUNT_MAX 8

struct patches;

/* Takes stock of the folder. images_dir is borrowed until the end. NULL: out of memory. */
struct patches *patches_open(const char *images_dir);
void patches_close(struct patches *patches);
/* From here on patches are made, in the loop of base. */
void patches_run(struct patches *patches, struct event_base *base);

/* Adds to offer the patch from what record says that the device runs, if it is there; else wants it, if base and new image
 * are published.  errors  STORE_* */
MUST_USE struct error patches_find(struct patches *patches, struct store *store, const struct rollout_record *rollout,
                                   const struct device_record *record, struct checkin_offer *offer);
/* Wants patches from the component's latest images to the rollout's, before devices ask.  errors  STORE_* */
MUST_USE struct error patches_prepare(struct patches *patches, struct store *store,
                                      const struct rollout_record *rollout);

#endif
