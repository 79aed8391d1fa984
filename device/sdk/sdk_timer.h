/* A period that does not drift: each turn is due one period after the turn before was due, however long it took. */
#ifndef DEVICE_SDK_SDK_TIMER_H
#define DEVICE_SDK_SDK_TIMER_H

#include <stdint.h>

struct sdk_timer {
    uint32_t period_ms;
    uint32_t due_ms;
    uint32_t late_ms_max;   /* longest that a turn began after it was due */
    uint32_t missed_count;  /* turns that were left out because the one before took more than a period */
};

/* The first turn is due one period from now. */
void sdk_timer_start(struct sdk_timer *timer, uint32_t period_ms);
/* Milliseconds until the next turn; 0: it is due. */
uint32_t sdk_timer_left_ms(const struct sdk_timer *timer);
/* The turn that is due begins: plans the next. */
void sdk_timer_begin(struct sdk_timer *timer);
/* Waits until the next turn is due and begins it. */
void sdk_timer_wait(struct sdk_timer *timer);

#endif
