#include "device/apps/plc/plc_image.h"

#include "base/reader.h"

static void write_registers(struct writer *out, const uint16_t *registers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        writer_u16(out, registers[i]);
    }
}

static void read_registers(struct reader *reader, uint16_t *registers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        registers[i] = reader_u16(reader);
    }
}

void plc_image_write(struct writer *out, const struct plc_image *image)
{
    writer_u8(out, image->inputs);
    writer_u8(out, image->coils);
    write_registers(out, image->measured, PLC_IMAGE_REGISTER_COUNT);
    write_registers(out, image->settings, PLC_IMAGE_REGISTER_COUNT);
}

bool plc_image_read(struct span bytes, struct plc_image *image)
{
    struct plc_image read;
    struct reader reader;

    reader_init(&reader, bytes);
    read.inputs = reader_u8(&reader);
    read.coils = reader_u8(&reader);
    read_registers(&reader, read.measured, PLC_IMAGE_REGISTER_COUNT);
    read_registers(&reader, read.settings, PLC_IMAGE_REGISTER_COUNT);
    if (!reader_ok(&reader) || reader_remaining(&reader) > 0) {
        return false;
    }
    *image = read;
    return true;
}

void plc_order_write(struct writer *out, const struct plc_order *order)
{
    writer_u8(out, (uint8_t)order->operation);
    writer_u8(out, order->first);
    writer_u8(out, order->count);
    if (order->operation == PLC_ORDER_COILS) {
        writer_u8(out, order->bits);
    } else if (order->operation == PLC_ORDER_SETTINGS) {
        write_registers(out, order->values, order->count);
    }
}

bool plc_order_read(struct span bytes, struct plc_order *order)
{
    struct plc_order read = {0};
    struct reader reader;

    reader_init(&reader, bytes);
    uint8_t operation = reader_u8(&reader);
    read.first = reader_u8(&reader);
    read.count = reader_u8(&reader);
    uint32_t limit = operation == PLC_ORDER_COILS ? PLC_IMAGE_BIT_COUNT : PLC_IMAGE_REGISTER_COUNT;
    if (operation > PLC_ORDER_SETTINGS || read.first > limit || read.count > limit - read.first) {
        return false;
    }
    read.operation = (enum plc_order_operation)operation;
    if (read.operation == PLC_ORDER_COILS) {
        read.bits = reader_u8(&reader);
    } else if (read.operation == PLC_ORDER_SETTINGS) {
        read_registers(&reader, read.values, read.count);
    }
    if (!reader_ok(&reader) || reader_remaining(&reader) > 0) {
        return false;
    }
    *order = read;
    return true;
}

void plc_order_apply(const struct plc_order *order, struct plc_image *image)
{
    for (uint32_t i = 0; i < order->count; i++) {
        uint32_t place = order->first + i;
        if (order->operation == PLC_ORDER_COILS) {
            uint32_t bit = 1u << place;
            image->coils = (uint8_t)((order->bits >> i & 1u) != 0 ? image->coils | bit : image->coils & ~bit);
        } else if (order->operation == PLC_ORDER_SETTINGS) {
            image->settings[place] = order->values[i];
        }
    }
}
