#include "device/compartments/agent/agent_begin.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/runtime/runtime.h"

#define REPLY_SIZE_BYTES 8

/* Bytes move to the front of memory, where they do not lie yet: what was there is the response's head, and read. */
static void put_front(struct writer *writer, struct span bytes)
{
    writer_u16(writer, (uint16_t)bytes.size);
    uint8_t *place = writer_reserve(writer, bytes.size);
    if (place != NULL) {
        memmove(place, bytes.data, bytes.size);
    }
}

struct error agent_begin(struct buffer memory, struct span keyset, struct span manifest, bool anew,
                         struct agent_begin *out)
{
    uint8_t data[REPLY_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(data);
    struct writer writer;
    struct reader reader;

    writer_init(&writer, memory.data, memory.capacity);
    put_front(&writer, keyset);
    put_front(&writer, manifest);
    if (anew) {
        writer_u8(&writer, MONITOR_UPDATE_ANEW);
    }
    TRY(runtime_monitor(MONITOR_CALL_UPDATE_BEGIN, writer_span(&writer), &reply));
    reader_init(&reader, span_of_buffer(&reply));
    out->offset_bytes = reader_u32(&reader);
    out->image_size_bytes = reader_u32(&reader);
    return reader_ok(&reader) && out->offset_bytes <= out->image_size_bytes ? ERROR_NONE : ERROR(MANIFEST, SIZE);
}
