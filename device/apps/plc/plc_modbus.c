/* The Modbus/TCP server. It may call the scan and serve port 502, and nothing else: whoever breaks it can order what any
 * master can order, until the scan notices that it is gone. */
#include <string.h>

#include "device/apps/plc/modbus.h"
#include "device/sdk/sdk.h"
#include "device/sdk/sdk_call.h"
#include "device/sdk/sdk_net.h"
#include "device/systems/plc_system.h"

#define PORT 502
/* Shorter than what the scan waits before it takes the master for lost. */
#define WAIT_MS 100u
#define SCAN_TIMEOUT_MS 1000u
#define SEND_TIMEOUT_MS 2000u
#define REPORT_INTERVAL_MS 60000u

struct client {
    uint32_t handle;
    bool known;
    uint8_t memory[MODBUS_FRAME_SIZE_BYTES_MAX];
    size_t size;
};

static struct client clients[SDK_CLIENT_COUNT_MAX];
static uint32_t next_report_ms;

void setup(void)
{
    struct error error = sdk_listen(PORT);

    if (!error_is_none(error)) {
        sdk_log_error("cannot serve its port", error);
        sdk_fail(error);
    }
    sdk_log_number("serves Modbus on port", PORT);
    next_report_ms = sdk_time_ms() + REPORT_INTERVAL_MS;
}

static bool ask_scan(const struct plc_order *order, struct plc_image *image)
{
    uint8_t order_memory[PLC_ORDER_SIZE_BYTES_MAX];
    uint8_t image_memory[PLC_IMAGE_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(image_memory);
    struct writer writer;

    writer_init(&writer, order_memory, sizeof(order_memory));
    plc_order_write(&writer, order);
    struct error error = sdk_call(SYSTEM_COMPARTMENT_SCAN, writer_span(&writer), &reply, SCAN_TIMEOUT_MS);
    return error_is_none(error) && plc_image_read(span_of_buffer(&reply), image);
}

static void forget(struct client *client)
{
    client->known = false;
    client->size = 0;
}

static void answer(struct client *client, struct span frame)
{
    uint8_t memory[MODBUS_FRAME_SIZE_BYTES_MAX];
    struct plc_order order;
    struct plc_image image;
    struct writer response;

    modbus_order(frame, &order);
    bool asked = ask_scan(&order, &image);
    writer_init(&response, memory, sizeof(memory));
    modbus_respond(frame, asked ? &image : NULL, &response);
    if (!error_is_none(sdk_send(client->handle, writer_span(&response), SEND_TIMEOUT_MS))) {
        sdk_hang_up(client->handle);
        forget(client);
    }
}

/* All frames that are complete. */
static void answer_frames(struct client *client)
{
    size_t size = 0;

    while (client->known) {
        if (!modbus_frame_size(span_of(client->memory, client->size), &size)) {
            sdk_hang_up(client->handle);
            forget(client);
            return;
        }
        if (size == 0) {
            return;
        }
        answer(client, span_of(client->memory, size));
        client->size = client->known ? client->size - size : 0;
        memmove(client->memory, client->memory + size, client->size);
    }
}

/* A handle that is new in its place is another client's: what the one before had begun is void. */
static void take(uint32_t handle, struct span data)
{
    struct client *client = &clients[SDK_CLIENT_PLACE(handle)];

    if (!client->known || client->handle != handle) {
        forget(client);
        client->handle = handle;
        client->known = true;
    }
    while (data.size > 0 && client->known) {
        size_t room = sizeof(client->memory) - client->size;
        size_t part = data.size < room ? data.size : room;
        memcpy(client->memory + client->size, data.data, part);
        client->size += part;
        data = span_of(data.data + part, data.size - part);
        answer_frames(client);
    }
}

static void tell_scan_that_it_lives(void)
{
    static const struct plc_order nothing = {.operation = PLC_ORDER_NONE};
    struct plc_image image;

    if (ask_scan(&nothing, &image) && (int32_t)(sdk_time_ms() - next_report_ms) >= 0) {
        next_report_ms = sdk_time_ms() + REPORT_INTERVAL_MS;
        sdk_log_number("cycles late at most (ms)", image.measured[PLC_MEASURED_LATE_MS_MAX]);
        sdk_log_number("cycles left out", image.measured[PLC_MEASURED_MISSED]);
    }
}

void loop(void)
{
    uint8_t memory[MODBUS_FRAME_SIZE_BYTES_MAX];
    struct buffer data = BUFFER_OF(memory);
    uint32_t handle = 0;
    struct error error = sdk_next(PORT, &data, WAIT_MS, &handle);

    tell_scan_that_it_lives();
    if (error_is_none(error) && data.size > 0) {
        take(handle, span_of_buffer(&data));
    } else if (error_is_none(error)) {
        forget(&clients[SDK_CLIENT_PLACE(handle)]);
    } else if (!error_is(error, ERROR_CODE_NET_TIMEOUT)) {
        sdk_fail(error); /* net was started again: so does this, and listens anew */
    }
}
