#include <string.h>

#include "service/decide/rules.h"

struct error rule_channel(const struct decide_input *input)
{
    /* T-02, RFC 9266: a relay that ends the device's TLS connection and opens its own has another exporter value. */
    bool is_same = memcmp(input->evidence.channel_binding, input->channel_binding, CHANNEL_BINDING_SIZE_BYTES) == 0;
    return is_same ? ERROR_NONE : ERROR(EVIDENCE, CHANNEL);
}
