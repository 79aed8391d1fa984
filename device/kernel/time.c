#include "device/kernel/time.h"

static uint32_t now_ms;

uint32_t time_now_ms(void)
{
    return now_ms;
}

void time_tick(void)
{
    now_ms++;
}
