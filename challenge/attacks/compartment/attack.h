/* What the attacks share. */
#ifndef CHALLENGE_ATTACKS_COMPARTMENT_ATTACK_H
#define CHALLENGE_ATTACKS_COMPARTMENT_ATTACK_H

#include "device/runtime/runtime.h"

/* Given by the linker: the address to reach for. */
extern volatile uint32_t attack_address[];

static inline void attack_announce(void)
{
    runtime_log("start");
    runtime_sleep_ms(20); /* what is attacked is under way by then */
}

__attribute__((noreturn)) static inline void attack_survived(void)
{
    runtime_log("survived");
    for (;;) {
        runtime_sleep_ms(1000);
    }
}

#endif
