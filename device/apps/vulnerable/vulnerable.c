/* DELIBERATELY VULNERABLE, for demonstrations and for the challenge: a guest book that trusts a length from the network.
 * A message is one byte with the size of a name, and the name. The bug is in take_name: nothing holds the size against the
 * room, so a long name runs over the function pointer behind it and its arguments, and the next line calls it.
 * challenge/attacks/vulnerable exploits it; what it then can and cannot do is what compartments are for (threat T-08). */
#include <string.h>

#include "base/writer.h"
#include "device/sdk/sdk.h"
#include "device/sdk/sdk_net.h"

#define PORT 7777
#define NAME_SIZE_BYTES_MAX 32
#define INPUT_SIZE_BYTES_MAX 256
#define WAIT_MS 1000u
#define SEND_TIMEOUT_MS 1000u

typedef uint32_t greeting(uint32_t a, uint32_t b, uint32_t c, uint32_t d);

struct visitor {
    uint8_t name[NAME_SIZE_BYTES_MAX];
    greeting *greet;
    uint32_t arguments[4];
};

static uint8_t input[INPUT_SIZE_BYTES_MAX];
static struct visitor visitor;
static uint32_t visitor_count;

static uint32_t greet(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return ++visitor_count;
}

void setup(void)
{
    sdk_log("DELIBERATELY VULNERABLE: for demonstrations only");
    struct error error = sdk_listen(PORT);
    if (!error_is_none(error)) {
        sdk_fail(error);
    }
    sdk_log_number("guest book on port", PORT);
}

/* THE BUG: size is the attacker's, name has 32 bytes. */
static void take_name(const uint8_t *name, size_t size)
{
    memcpy(visitor.name, name, size);
}

void loop(void)
{
    struct buffer data = BUFFER_OF(input);
    uint8_t memory[sizeof(uint32_t)];
    struct writer answer;
    uint32_t client = 0;
    struct error error = sdk_next(PORT, &data, WAIT_MS, &client);

    if (error_is_none(error) && data.size > 0) {
        visitor.greet = greet;
        take_name(input + 1, input[0]);
        writer_init(&answer, memory, sizeof(memory));
        writer_u32(&answer, visitor.greet(visitor.arguments[0], visitor.arguments[1], visitor.arguments[2],
                                          visitor.arguments[3]));
        error = sdk_send(client, writer_span(&answer), SEND_TIMEOUT_MS);
    } else if (error_is_none(error) || error_is(error, ERROR_CODE_NET_TIMEOUT)) {
        error = ERROR_NONE;
    } else {
        sdk_fail(error);
    }
    if (!error_is_none(error)) {
        sdk_hang_up(client);
    }
}
