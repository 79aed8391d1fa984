/* The pins. The scan calls once a cycle with the outputs and is answered with the inputs; if it stays away for
 * SILENCE_MS_MAX, whatever the reason, every output is switched off. */
#include "device/sdk/sdk.h"
#include "device/sdk/sdk_call.h"
#include "device/sdk/sdk_pins.h"

#define SILENCE_MS_MAX 50u
#define REQUEST_SIZE_BYTES 1
#define ANSWER_SIZE_BYTES 2
#define SAFE_OUTPUTS 0u

static bool safe;

static void make_safe(void)
{
    (void)sdk_pins_write(SAFE_OUTPUTS);
    safe = true;
}

/* The first thing after every start, so also after this compartment was stopped itself. */
void setup(void)
{
    make_safe();
}

void loop(void)
{
    uint8_t memory[REQUEST_SIZE_BYTES];
    struct buffer request = BUFFER_OF(memory);
    uint8_t answer[ANSWER_SIZE_BYTES] = {0, 0}; /* answered, inputs */
    uint32_t caller = 0;

    if (!sdk_wait_call(&request, SILENCE_MS_MAX, &caller)) {
        if (!safe) {
            make_safe();
        }
        return;
    }
    bool good = request.size == REQUEST_SIZE_BYTES && sdk_pins_write(memory[0]) && sdk_pins_read(&answer[1]);
    answer[0] = good ? 1 : 0;
    sdk_answer(caller, SPAN_OF(answer));
    safe = safe && !good;
}
