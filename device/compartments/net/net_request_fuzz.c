#include <stdlib.h>

#include "device/compartments/net/net_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted keeps every limit that net relies on. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_request request;

    if (!error_is_none(net_request_parse(span_of(data, size), &request))) {
        return 0;
    }
    bool within = request.timeout_ms <= NET_PROTOCOL_TIMEOUT_MS_MAX &&
                  request.size_bytes <= NET_PROTOCOL_DATA_SIZE_BYTES_MAX &&
                  request.data.size <= NET_PROTOCOL_DATA_SIZE_BYTES_MAX && request.data.size < size &&
                  (request.operation != NET_OPERATION_SEND || request.data.size > 0) &&
                  (request.operation != NET_OPERATION_CONNECT || request.port != 0);
    if (!within) {
        abort();
    }
    return 0;
}
