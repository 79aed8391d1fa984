/* Verified start of base and app: slot choice as in the ROM, attempts counted before the start.
 * source  DESIGN 4; threats T-04, T-05, T-16 */
#ifndef DEVICE_MONITOR_LOAD_H
#define DEVICE_MONITOR_LOAD_H

#include "device/monitor/claim.h"
#include "device/secure/image.h"

/* Base, signed under a release key set of the maker. A base whose slots were both given up is tried again rather than
 * never: what runs is verified either way, and a device without a base cannot be helped from afar.
 * errors  BOOT_NO_SLOT, BOOT_RECORD and flash errors */
MUST_USE struct error load_base(void);
/* App, signed under an app key set of the owner; the device must be claimed. Its absence leaves base alone.
 * errors  KEYSET_SIGNATURE (of the claim's app key set), BOOT_NO_SLOT, BOOT_RECORD and flash errors */
MUST_USE struct error load_app(void);

/* What is demanded of any image of the component; the caller adds what need not be verified again.
 * errors  MONITOR_STATE (an app without an owner), BOOT_COUNTER */
MUST_USE struct error load_policy(enum component component, struct image_policy *policy);

/* The floors of the owner's apps (threat T-05). */
void load_floor_app(const struct ownership *owner, struct image_policy *policy);

/* "monitor: base slot b 0x030b" */
void load_print_refusal(enum component component, uint32_t slot_index, struct error error);

#endif
