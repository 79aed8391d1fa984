/* Falls over at every start, to wear out whoever starts it again; it counts its starts in memory that outlives them
 * (T-27). */
#include "challenge/attacks/compartment/attack.h"
#include "tests/isolation/images/report.h"

static uint32_t start_count RUNTIME_KEPT;
static uint32_t fresh_count;

void compartment_main(void)
{
    struct kernel_start reason;
    runtime_start_reason(&reason);
    report("start", (uint32_t[]){++start_count, ++fresh_count, reason.fault_count, reason.cause}, 4);
    __asm volatile("udf #0");
    attack_survived();
}
