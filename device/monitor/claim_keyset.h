/* New key sets of the owner, signed by the owner root, for a device that stays his: stored beside the claim, as another
 * revision of it, in the copy that is not in effect, so that a power cut leaves old or new (threat T-07).
 *
 * A control set counts at once: what a dropped key signs is refused from then on. An app set waits: until an image of it
 * has booted, was confirmed and stands in both slots, those of the present set are accepted too; then they are dropped.
 * source  DESIGN 3; docs/protocol/keyset.md; threat T-05 */
#ifndef DEVICE_MONITOR_CLAIM_KEYSET_H
#define DEVICE_MONITOR_CLAIM_KEYSET_H

#include "base/error.h"
#include "base/span.h"

/* The very set that is in effect or waits is accepted again and changes nothing.
 * errors  MONITOR_STATE (unclaimed, or a claim or epoch is pending), KEYSET_*, COSE_*, CBOR_*, MONITOR_RATE,
 *         MONITOR_CAPACITY, FLASH_* */
MUST_USE struct error claim_keyset_accept(struct span keyset);
/* The app key set that waits takes the place of the present one, if the image that runs is of it or of a later one. The
 * caller has made sure that both slots hold that image.  errors  FLASH_* */
MUST_USE struct error claim_keyset_settle(void);

#endif
