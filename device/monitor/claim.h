/* Whose device this is: the claim bundle (formats/checkin) that says it, and its two copies in flash.
 *
 * A copy carries the epoch in which it counts, under a MAC. A claim is written for the next epoch and then that epoch is
 * requested: it takes effect exactly when the ROM steps the counter, a power cut leaves the one or the other, and a copy
 * of an earlier epoch that somebody writes back is refused.
 * source  docs/protocol/storage.md 2; DESIGN 3; threats T-07, T-14 */
#ifndef DEVICE_MONITOR_CLAIM_H
#define DEVICE_MONITOR_CLAIM_H

#include "device/monitor/claim_copy.h"
#include "device/monitor/state.h"

/* Reads the bundle and checks that it speaks of this device and holds together: subject, owner's certificate and both
 * key sets against the voucher's owner root. Verifies no signature.
 * bundle  untrusted; out borrows from it
 * errors  CBOR_*, COSE_*, CHECKIN_*, VOUCHER_SUBJECT, VOUCHER_OWNER, KEYSET_* */
MUST_USE struct error claim_read(struct span bundle, struct ownership *out);

/* The claim in effect, if there is one: found in flash, read, its voucher verified. Sets monitor.claimed.
 * errors  MONITOR_NOT_FOUND (no copy of this epoch), FLASH_*, those of claim_read, VOUCHER_SIGNER, VOUCHER_SIGNATURE */
MUST_USE struct error claim_start(void);

/* Makes an intact copy the one in effect: reads it, checks who signed its voucher; the voucher's signature is the caller's.
 * copy    borrowed until the next one is taken
 * errors  those of claim_read, VOUCHER_SIGNER */
MUST_USE struct error claim_take(uint32_t index, const struct claim_copy *copy);

/* Verifies a new bundle whole, stores it for the next epoch and requests that epoch.
 * errors  MONITOR_STATE (one was accepted in this boot), MONITOR_RATE, those of claim_read, VOUCHER_SIGNER,
 *         VOUCHER_GENERATION, VOUCHER_SIGNATURE, KEYSET_SIGNATURE, FLASH_*, BOOT_* */
MUST_USE struct error claim_accept(struct span bundle);

/* Requests the next epoch, taking the present claim along. Every epoch step goes through here.  errors  FLASH_*, BOOT_* */
MUST_USE struct error claim_request_epoch(void);

#endif
