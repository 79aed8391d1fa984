#include "service/ipc/ipc_stream.h"

#include <event2/buffer.h>

struct error ipc_stream_read(struct bufferevent *stream, size_t frame_size_bytes_max,
                             struct error (*take)(void *context, struct span frame), void *context)
{
    struct evbuffer *input = bufferevent_get_input(stream);
    for (;;) {
        uint8_t header[IPC_HEADER_SIZE_BYTES];
        if (evbuffer_copyout(input, header, sizeof header) < (ev_ssize_t)sizeof header) {
            return ERROR_NONE;
        }
        size_t size_bytes = ipc_frame_size(header);
        size_t available_bytes = evbuffer_get_length(input);
        size_t wanted_bytes = size_bytes < available_bytes ? size_bytes : available_bytes;
        struct span frame;
        size_t consumed_bytes = 0;
        TRY(ipc_frame_next(span_of(evbuffer_pullup(input, (ev_ssize_t)wanted_bytes), wanted_bytes),
                           frame_size_bytes_max, &frame, &consumed_bytes));
        if (consumed_bytes == 0) {
            return ERROR_NONE;
        }
        TRY(take(context, frame));
        evbuffer_drain(input, consumed_bytes);
    }
}
