/* Who may give the device away: the maker and the present owner, and only forwards (threat T-14). */
#ifndef DEVICE_MONITOR_CLAIM_RIGHT_H
#define DEVICE_MONITOR_CLAIM_RIGHT_H

#include "device/monitor/state.h"

/* candidate  read, its signatures not verified yet; that is the caller's
 * errors     VOUCHER_SIGNER, VOUCHER_GENERATION */
MUST_USE struct error claim_right_check(const struct ownership *candidate);

#endif
