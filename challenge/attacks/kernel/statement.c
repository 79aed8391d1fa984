/* Changes the reply under a call that signs what it says (T-09): the tick scribbles over the mailbox while the monitor works
 * on its statement. The signature must be that of the statement that the monitor made. */
#include "challenge/attacks/kernel/hostile.h"

#define STATEMENT_SIZE_BYTES 32
#define SIGNATURE_SIZE_BYTES 64
#define TICK_CYCLES 50000 /* long after the statement stands, long before it is signed */

void hostile_svc(void)
{
}

void hostile_tick(void)
{
    hostile_tick_stop();
    for (uint32_t index = 0; index < STATEMENT_SIZE_BYTES; index++) {
        HOSTILE_MAILBOX->data[index] ^= 0xA5;
    }
}

static uint32_t state(uint32_t tick_cycles, uint8_t signature[SIGNATURE_SIZE_BYTES])
{
    for (uint8_t index = 0; index < STATEMENT_SIZE_BYTES; index++) {
        HOSTILE_MAILBOX->data[index] = index;
    }
    if (tick_cycles != 0) {
        hostile_tick_start(tick_cycles);
    }
    uint32_t result = hostile_monitor(MONITOR_CALL_EVIDENCE, STATEMENT_SIZE_BYTES);
    hostile_tick_stop();
    for (uint32_t index = 0; index < SIGNATURE_SIZE_BYTES; index++) {
        signature[index] = HOSTILE_MAILBOX->data[STATEMENT_SIZE_BYTES + index];
    }
    return result;
}

void hostile_main(void)
{
    static uint8_t calm[SIGNATURE_SIZE_BYTES], disturbed[SIGNATURE_SIZE_BYTES];
    hostile_log("calm", state(0, calm));
    hostile_log("disturbed", state(TICK_CYCLES, disturbed));
    uint32_t difference = 0;
    for (uint32_t index = 0; index < SIGNATURE_SIZE_BYTES; index++) {
        difference += calm[index] != disturbed[index];
    }
    hostile_log("difference", difference);
}
