/* Calls that the gate must refuse: from a handler and by unprivileged code; sizes beyond the mailbox; numbers that are none
 * (T-09). */
#include "challenge/attacks/kernel/hostile.h"

#define CONTROL_UNPRIVILEGED 3u
#define CONTROL_PRIVILEGED 2u
#define SVC_CALL 1u

void svc_main(uint32_t *frame);

static volatile uint32_t handler_result;
static volatile uint32_t unprivileged_result;

__attribute__((used)) void svc_main(uint32_t *frame)
{
    if (frame[0] == SVC_CALL) {
        handler_result = hostile_monitor(MONITOR_CALL_OPERATIONAL_SIGN, 32);
    } else {
        __asm volatile("msr control, %0\n isb" : : "r"(CONTROL_PRIVILEGED));
    }
}

__attribute__((naked)) void hostile_svc(void)
{
    HOSTILE_WITH_FRAME(svc_main);
}

void hostile_tick(void)
{
}

static void supervisor(uint32_t number)
{
    register uint32_t r0 __asm("r0") = number;
    __asm volatile("svc 0" : "+r"(r0) : : "memory");
}

void hostile_main(void)
{
    supervisor(SVC_CALL);
    hostile_log("handler", handler_result);
    hostile_log("oversized", hostile_monitor(MONITOR_CALL_LOG, 0xFFFFFFFFu));
    hostile_log("oversized", hostile_monitor(MONITOR_CALL_LOG, MONITOR_MAILBOX_DATA_SIZE_BYTES + 1));
    hostile_log("number", hostile_monitor(0xFFFFFFFFu, 0));
    __asm volatile("msr control, %0\n isb" : : "r"(CONTROL_UNPRIVILEGED));
    unprivileged_result = hostile_monitor(MONITOR_CALL_OPERATIONAL_SIGN, 32);
    supervisor(0);
    hostile_log("unprivileged", unprivileged_result);
    hostile_log("faults", hostile_faults());
}
