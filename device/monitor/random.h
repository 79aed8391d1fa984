/* Randomness of this boot: an HMAC-DRBG over the seed that the ROM handed over and the boot count, reseeded with a
 * counter and the time at every use.  source  DESIGN 3; threat T-13 */
#ifndef DEVICE_MONITOR_RANDOM_H
#define DEVICE_MONITOR_RANDOM_H

#include "base/span.h"

#define RANDOM_NONCE_INPUT_SIZE_BYTES 40

/* Takes the seed out of the hand-over and wipes it there. */
void random_start(void);
void random_bytes(uint8_t *out, size_t size_bytes);
/* nonce_input of one signature: bytes derived from the seed, boot count, count of signatures in this boot. No two are
 * the same within a boot, and a seed that is injected twice still meets another boot count. */
void random_nonce_input(uint8_t out[RANDOM_NONCE_INPUT_SIZE_BYTES]);

#endif
