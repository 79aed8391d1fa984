#include <stdlib.h>
#include <string.h>

#include "device/apps/plc/modbus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever comes: each frame is answered with one frame, and an order stays within the image. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    struct plc_image image = {0};
    size_t frame_size = 0;

    while (modbus_frame_size(input, &frame_size) && frame_size > 0) {
        struct span frame = span_of(input.data, frame_size);
        uint8_t memory[MODBUS_FRAME_SIZE_BYTES_MAX];
        uint8_t order_memory[PLC_ORDER_SIZE_BYTES_MAX];
        struct plc_order order;
        struct plc_order again;
        struct writer response;
        struct writer order_writer;
        size_t response_size = 0;

        modbus_order(frame, &order);
        writer_init(&order_writer, order_memory, sizeof(order_memory));
        plc_order_write(&order_writer, &order);
        if (!writer_ok(&order_writer) || !plc_order_read(writer_span(&order_writer), &again)) {
            abort();
        }
        plc_order_apply(&again, &image);
        writer_init(&response, memory, sizeof(memory));
        modbus_respond(frame, &image, &response);
        if (!writer_ok(&response) || !modbus_frame_size(writer_span(&response), &response_size) ||
            response_size != writer_span(&response).size || memcmp(memory, frame.data, 2) != 0) {
            abort();
        }
        input = span_of(input.data + frame_size, input.size - frame_size);
    }
    return 0;
}
