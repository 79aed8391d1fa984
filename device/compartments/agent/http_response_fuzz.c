#include <stdlib.h>

#include "device/compartments/agent/http_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is accepted lies inside the input; a head that is complete does not depend on what follows it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_response response;
    struct http_response again;

    if (!error_is_none(http_response_parse(span_of(data, size), &response))) {
        return 0;
    }
    if (response.head_size_bytes > size || response.head_size_bytes > HTTP_RESPONSE_HEAD_SIZE_BYTES_MAX) {
        abort();
    }
    if (response.content_type.size > 0 &&
        (response.content_type.data < data ||
         response.content_type.data + response.content_type.size > data + response.head_size_bytes)) {
        abort();
    }
    if (response.head_size_bytes > 0 &&
        (!error_is_none(http_response_parse(span_of(data, response.head_size_bytes), &again)) ||
         again.status != response.status || again.body_size_bytes != response.body_size_bytes)) {
        abort();
    }
    return 0;
}
