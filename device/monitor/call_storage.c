#include "base/reader.h"
#include "device/monitor/calls.h"
#include "device/monitor/storage.h"

/* The owner byte comes from the kernel, which knows who asks. */
static struct error call_storage_name(struct reader *reader, struct storage_name *name)
{
    uint8_t storage_class = reader_u8(reader);
    name->owner = reader_u8(reader);
    name->object = reader_u8(reader);
    if (!reader_ok(reader) ||
        (storage_class != MONITOR_STORAGE_SEALED && storage_class != MONITOR_STORAGE_KEPT)) {
        return ERROR(MONITOR, ARGUMENT);
    }
    name->storage_class = (enum monitor_storage)storage_class;
    return ERROR_NONE;
}

struct error call_store(struct span in, struct writer *out)
{
    (void)out;
    struct reader reader;
    reader_init(&reader, in);
    struct storage_name name;
    TRY(call_storage_name(&reader, &name));
    return storage_store(&name, reader_take(&reader, reader_remaining(&reader)));
}

struct error call_load(struct span in, struct writer *out)
{
    struct reader reader;
    reader_init(&reader, in);
    struct storage_name name;
    TRY(call_storage_name(&reader, &name));
    if (reader_remaining(&reader) != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    return storage_load(&name, out);
}
