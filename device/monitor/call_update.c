/* Updates and reads of the running slot.  source  docs/protocol/update.md; threats T-04, T-05, T-07 */
#include "base/reader.h"
#include "device/hal/counter.h"
#include "device/hal/flash.h"
#include "device/monitor/calls.h"
#include "device/monitor/state.h"
#include "device/monitor/update.h"
#include "device/monitor/update_status.h"

struct error call_update_begin(struct span in, struct writer *out)
{
    struct reader reader;
    struct slot_header header;
    reader_init(&reader, in);
    header.keyset = reader_take(&reader, reader_u16(&reader));
    header.manifest = reader_take(&reader, reader_u16(&reader));
    bool anew = reader_ok(&reader) && reader_remaining(&reader) > 0;
    if ((anew && reader_u8(&reader) != MONITOR_UPDATE_ANEW) || !reader_ok(&reader) || reader_remaining(&reader) != 0 ||
        header.keyset.size > KEYSET_SIZE_BYTES_MAX || header.manifest.size > MANIFEST_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    TRY(update_begin(&header, anew));
    writer_u32(out, monitor.update.offset_bytes);
    writer_u32(out, monitor.update.size_bytes);
    return ERROR_NONE;
}

struct error call_update_write(struct span in, struct writer *out)
{
    struct reader reader;
    reader_init(&reader, in);
    uint32_t offset_bytes = reader_u32(&reader);
    struct span bytes = reader_take(&reader, reader_remaining(&reader));
    if (!reader_ok(&reader) || bytes.size == 0 || bytes.size > MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    TRY(update_write(offset_bytes, bytes));
    writer_u32(out, monitor.update.offset_bytes);
    return ERROR_NONE;
}

struct error call_update_finish(struct span in, struct writer *out)
{
    (void)out;
    return in.size == 0 ? update_finish() : ERROR(MONITOR, ARGUMENT);
}

static bool component_runs(uint8_t component)
{
    for (size_t index = 0; index < monitor.measurement_count; index++) {
        if ((uint8_t)monitor.measurements[index].component == component) {
            return true;
        }
    }
    return false;
}

/* Images are not secret: whoever gets them from the service reads the same. */
struct error call_slot_read(struct span in, struct writer *out)
{
    struct reader reader;
    reader_init(&reader, in);
    uint8_t component = reader_u8(&reader);
    uint32_t offset_bytes = reader_u32(&reader);
    uint32_t size_bytes = reader_u16(&reader);
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0 || size_bytes == 0 ||
        size_bytes > MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    if (!component_runs(component)) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    uint32_t image_size_bytes = slot_size_bytes((enum component)component) - SLOT_HEADER_SIZE_BYTES;
    if (size_bytes > image_size_bytes || offset_bytes > image_size_bytes - size_bytes) {
        return ERROR(MONITOR, ARGUMENT);
    }
    uint32_t slot_offset = slot_offset_bytes((enum component)component, monitor.running_slot[component]);
    uint8_t *bytes = writer_reserve(out, size_bytes);
    return bytes == NULL ? ERROR(MONITOR, CAPACITY)
                         : hal_flash_read(slot_offset + SLOT_HEADER_SIZE_BYTES + offset_bytes, bytes, size_bytes);
}

static struct error status_write(enum component component, struct writer *out)
{
    struct update_report report;
    TRY(update_status_read(component, &report));
    if (report.state != UPDATE_STATE_NONE) {
        writer_u8(out, (uint8_t)component);
        writer_u8(out, (uint8_t)report.state);
        writer_u16(out, (uint16_t)report.code);
        writer_u32(out, report.sequence);
        writer_u32(out, report.size_done_bytes);
    }
    return ERROR_NONE;
}

struct error call_update_status(struct span in, struct writer *out)
{
    uint32_t release = 0;
    if (in.size != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    TRY(hal_counter_read(HAL_COUNTER_RELEASE_GENERATION, &release));
    writer_u32(out, release);
    writer_u32(out, monitor.owner.app.generation);
    writer_u32(out, monitor.owner.control.generation);
    for (enum component component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        TRY(status_write(component, out));
    }
    return ERROR_NONE;
}
