#include "device/sdk/sdk_storage.h"

#include "base/writer.h"
#include "device/runtime/runtime.h"

#define HEAD_SIZE_BYTES 3

/* The kernel puts the compartment's number where the owner stands. */
static void write_head(struct writer *writer, enum sdk_storage kind, uint8_t object)
{
    writer_u8(writer, kind == SDK_STORAGE_SEALED ? MONITOR_STORAGE_SEALED : MONITOR_STORAGE_KEPT);
    writer_u8(writer, 0);
    writer_u8(writer, object);
}

struct error sdk_store(enum sdk_storage kind, uint8_t object, struct span data)
{
    static uint8_t request[HEAD_SIZE_BYTES + SDK_STORAGE_SIZE_BYTES_MAX];
    struct buffer nothing = {NULL, 0, 0};
    struct writer writer;

    writer_init(&writer, request, sizeof(request));
    write_head(&writer, kind, object);
    writer_bytes(&writer, data);
    return writer_ok(&writer) ? runtime_monitor(MONITOR_CALL_STORE, writer_span(&writer), &nothing)
                              : ERROR(MONITOR, CAPACITY);
}

struct error sdk_load(enum sdk_storage kind, uint8_t object, struct buffer *data)
{
    uint8_t request[HEAD_SIZE_BYTES];
    struct buffer reply = {data->data + data->size, data->capacity - data->size, 0};
    struct writer writer;

    writer_init(&writer, request, sizeof(request));
    write_head(&writer, kind, object);
    TRY(runtime_monitor(MONITOR_CALL_LOAD, writer_span(&writer), &reply));
    data->size += reply.size;
    return ERROR_NONE;
}
