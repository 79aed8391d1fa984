/* Both decoders on one input; what decodes must encode to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "service/ipc/ipc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t storage[IPC_REPLY_SIZE_BYTES_MAX];

static void expect_same(const struct writer *writer, struct span input)
{
    if (!span_equal(span_of(writer->data, writer->size), input)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span frame;
    size_t consumed_bytes = 0;
    struct span input = span_of(data, size);
    if (!error_is_none(ipc_frame_next(input, IPC_REPLY_SIZE_BYTES_MAX, &frame, &consumed_bytes)) || frame.data == NULL) {
        return 0;
    }
    struct span whole = span_of(data, consumed_bytes);
    struct writer writer;
    writer_init(&writer, storage, sizeof storage);
    struct ipc_request request;
    if (error_is_none(ipc_request_parse(frame, &request))) {
        if (!error_is_none(ipc_request_encode(&request, &writer))) {
            abort();
        }
        expect_same(&writer, whole);
    }
    writer_init(&writer, storage, sizeof storage);
    struct ipc_reply reply;
    if (error_is_none(ipc_reply_parse(frame, &reply))) {
        if (!error_is_none(ipc_reply_encode(&reply, &writer))) {
            abort();
        }
        expect_same(&writer, whole);
    }
    return 0;
}
