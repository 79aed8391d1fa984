#include "device/monitor/rescue.h"

#include <assert.h>

#include "base/reader.h"
#include "device/abi/rescue_frame.h"
#include "device/hal/console.h"
#include "device/hal/system.h"
#include "device/hal/watchdog.h"
#include "device/monitor/line.h"
#include "device/monitor/state.h"
#include "device/monitor/trial.h"
#include "device/monitor/update.h"

/* Silence that ends a frame, and silence after which a waiting board says again that it waits. */
#define SILENCE_MS_MAX 5000u
#define WAIT_COUNT_MAX 12

static_assert(RESCUE_PAYLOAD_SIZE_BYTES_MAX >= 4 + KEYSET_SIZE_BYTES_MAX + MANIFEST_SIZE_BYTES_MAX, "RESCUE_BEGIN");

static void say(const char *text)
{
    struct line line;
    line_begin(&line, "monitor: rescue ");
    line_text(&line, text);
    line_end(&line);
}

static void say_error(struct error error)
{
    struct line line;
    line_begin(&line, "monitor: rescue ");
    line_error(&line, error);
    line_end(&line);
}

static void say_progress(void)
{
    struct line line;
    line_begin(&line, "monitor: rescue ");
    line_decimal(&line, monitor.update.offset_bytes);
    line_text(&line, " of ");
    line_decimal(&line, monitor.update.size_bytes);
    line_end(&line);
}

/* False after silence. */
static bool read_byte(uint8_t *byte)
{
    uint32_t start_ms = hal_system_uptime_ms();
    do {
        hal_watchdog_feed();
        if (hal_console_read(byte)) {
            return true;
        }
    } while (hal_system_uptime_ms() - start_ms < SILENCE_MS_MAX);
    return false;
}

/* Bytes before the magic are noise. */
static bool read_magic(uint8_t bytes[4])
{
    uint32_t window = 0;
    while (window != RESCUE_MAGIC) {
        if (!read_byte(&bytes[3])) {
            return false;
        }
        window = window << 8 | bytes[3];
    }
    for (uint32_t index = 0; index < 4; index++) {
        bytes[index] = (uint8_t)(RESCUE_MAGIC >> (24 - 8 * index));
    }
    return true;
}

static bool read_bytes(uint8_t *bytes, size_t size_bytes)
{
    for (size_t index = 0; index < size_bytes; index++) {
        if (!read_byte(&bytes[index])) {
            return false;
        }
    }
    return true;
}

/* errors  MONITOR_FRAME; MONITOR_NOT_FOUND after silence */
static struct error read_frame(uint8_t bytes[RESCUE_FRAME_SIZE_BYTES_MAX], struct rescue_frame *frame)
{
    if (!read_magic(bytes)) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    if (!read_bytes(bytes + 4, RESCUE_HEAD_SIZE_BYTES - 4)) {
        return ERROR(MONITOR, FRAME);
    }
    size_t payload_bytes = (size_t)bytes[RESCUE_HEAD_SIZE_BYTES - 2] << 8 | bytes[RESCUE_HEAD_SIZE_BYTES - 1];
    if (payload_bytes > RESCUE_PAYLOAD_SIZE_BYTES_MAX ||
        !read_bytes(bytes + RESCUE_HEAD_SIZE_BYTES, payload_bytes + RESCUE_CRC_SIZE_BYTES)) {
        return ERROR(MONITOR, FRAME);
    }
    return rescue_frame_parse(span_of(bytes, RESCUE_HEAD_SIZE_BYTES + payload_bytes + RESCUE_CRC_SIZE_BYTES), frame);
}

static struct error begin(struct span payload)
{
    struct reader reader;
    struct slot_header header;
    reader_init(&reader, payload);
    header.keyset = reader_take(&reader, reader_u16(&reader));
    header.manifest = reader_take(&reader, reader_u16(&reader));
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0 || header.keyset.size > KEYSET_SIZE_BYTES_MAX ||
        header.manifest.size > MANIFEST_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, FRAME);
    }
    return rescue_begin(&header);
}

static struct error obey(const struct rescue_frame *frame, bool *done)
{
    switch (frame->type) {
    case RESCUE_BEGIN:
        return begin(frame->payload);
    case RESCUE_DATA:
        return update_write(frame->offset_bytes, frame->payload);
    case RESCUE_FINISH:
        TRY(update_finish());
        *done = true;
        return ERROR_NONE;
    default:
        return ERROR(MONITOR, FRAME);
    }
}

/* Both slots were tried and refused: neither is what the other falls back to, and either may be written. */
static void forget_trial(void)
{
    trial_end(COMPONENT_BASE);
    monitor.running_slot[COMPONENT_BASE] = monitor.record.state.active_slot[COMPONENT_BASE];
}

void rescue_run(void)
{
    static uint8_t bytes[RESCUE_FRAME_SIZE_BYTES_MAX];
    bool done = false;
    forget_trial();
    say("waits");
    for (uint32_t wait = 0; !done && wait < WAIT_COUNT_MAX;) {
        struct rescue_frame frame;
        struct error error = read_frame(bytes, &frame);
        if (error_is(error, ERROR_CODE_MONITOR_NOT_FOUND)) {
            wait++;
            say("waits");
            continue;
        }
        if (error_is_none(error)) {
            wait = 0;
            error = obey(&frame, &done);
        }
        if (!error_is_none(error)) {
            say_error(error);
        } else if (!done) {
            say_progress();
        }
    }
    say(done ? "done" : "ends");
}
