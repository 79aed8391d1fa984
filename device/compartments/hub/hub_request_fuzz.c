#include <stdlib.h>
#include <string.h>

#include "device/compartments/hub/hub_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An accepted suffix can neither hold a wildcard nor leave the device's topics. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hub_request request;

    if (!error_is_none(hub_request_parse(span_of(data, size), &request))) {
        return 0;
    }
    if (request.suffix.size == 0 || request.suffix.size > HUB_PROTOCOL_SUFFIX_SIZE_BYTES_MAX ||
        request.payload.size > HUB_PROTOCOL_PAYLOAD_SIZE_BYTES_MAX || request.suffix.data[0] == '/' ||
        memchr(request.suffix.data, '+', request.suffix.size) != NULL ||
        memchr(request.suffix.data, '#', request.suffix.size) != NULL ||
        memchr(request.suffix.data, 0, request.suffix.size) != NULL) {
        abort();
    }
    return 0;
}
