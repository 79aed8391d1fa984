/* Changes the mailbox under a call (T-09): the tick scribbles over input and size while the monitor signs. What comes out
 * must be the signature of what went in. */
#include "challenge/attacks/kernel/hostile.h"

#define SIGNATURE_SIZE_BYTES 64
#define DIGEST_SIZE_BYTES 32

void hostile_svc(void)
{
}

void hostile_tick(void)
{
    for (uint32_t index = 0; index < 256; index++) {
        HOSTILE_MAILBOX->data[index] ^= 0xA5;
    }
    HOSTILE_MAILBOX->size_bytes = 0xFFFFFFFFu;
}

static uint32_t sign(uint8_t signature[SIGNATURE_SIZE_BYTES])
{
    for (uint8_t index = 0; index < DIGEST_SIZE_BYTES; index++) {
        HOSTILE_MAILBOX->data[index] = index;
    }
    uint32_t result = hostile_monitor(MONITOR_CALL_OPERATIONAL_SIGN, DIGEST_SIZE_BYTES);
    hostile_tick_stop();
    for (uint32_t index = 0; index < SIGNATURE_SIZE_BYTES; index++) {
        signature[index] = HOSTILE_MAILBOX->data[index];
    }
    return result;
}

void hostile_main(void)
{
    static uint8_t calm[SIGNATURE_SIZE_BYTES], disturbed[SIGNATURE_SIZE_BYTES];
    uint32_t result = sign(calm);
    hostile_log("calm", result);
    /* Long after the inputs are copied, long before the end. */
    hostile_tick_start(400000);
    result = sign(disturbed);
    uint32_t difference = 0;
    for (uint32_t index = 0; index < SIGNATURE_SIZE_BYTES; index++) {
        difference += calm[index] != disturbed[index];
    }
    hostile_log("disturbed", result);
    hostile_log("difference", difference);
}
