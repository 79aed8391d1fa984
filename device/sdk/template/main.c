/* Blinks lamp 0, counts, and tells the owner. Change what you like; device/sdk/README.md says what there is. */
#include "device/sdk/sdk.h"
#include "device/sdk/sdk_timer.h"

#define PERIOD_MS 500u
#define PUBLISH_EVERY 10u

static struct sdk_timer timer;
static uint32_t count;

/* Once after every start of the compartment. */
void setup(void)
{
    sdk_timer_start(&timer, PERIOD_MS);
    sdk_log("hello");
}

static void publish(void)
{
    static const uint8_t message[] = {'a', 'l', 'i', 'v', 'e'};
    struct error error = sdk_publish("status", SPAN_OF(message));

    if (!error_is_none(error)) {
        sdk_log_error("publishing failed", error);
    }
}

/* For ever after. */
void loop(void)
{
    sdk_timer_wait(&timer);
    count++;
    sdk_lamp_set(0, count % 2 == 0);
    if (count % PUBLISH_EVERY == 0) {
        sdk_log_number("blinked", (int32_t)count);
        publish();
    }
}
