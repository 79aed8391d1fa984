/* The process image: what the scan knows and what a Modbus master sees. Its compartments pass it on as bytes. */
#ifndef DEVICE_APPS_PLC_PLC_IMAGE_H
#define DEVICE_APPS_PLC_PLC_IMAGE_H

#include "base/span.h"
#include "base/writer.h"

#define PLC_IMAGE_BIT_COUNT 8
#define PLC_IMAGE_REGISTER_COUNT 8

/* Modbus numbers each of the four from 0. */
struct plc_image {
    uint8_t inputs;                                       /* discrete inputs: contacts */
    uint8_t coils;                                        /* coils: orders of the master */
    uint16_t measured[PLC_IMAGE_REGISTER_COUNT];          /* input registers: enum plc_measured */
    uint16_t settings[PLC_IMAGE_REGISTER_COUNT];          /* holding registers: enum plc_setting */
};

enum plc_measured {
    PLC_MEASURED_CYCLES_LOW = 0,
    PLC_MEASURED_CYCLES_HIGH = 1,
    PLC_MEASURED_LATE_MS_MAX = 2,  /* longest that a cycle began after it was due */
    PLC_MEASURED_MISSED = 3,       /* cycles that were left out */
    PLC_MEASURED_OUTPUTS = 4,      /* what the outputs are */
    PLC_MEASURED_MASTER_LOST = 5,  /* how often the Modbus compartment was missed */
    PLC_MEASURED_FIELD_LOST = 6,   /* cycles in which the pins did not answer */
};

enum plc_setting {
    PLC_SETTING_BLINK_CYCLES = 0,  /* half period of output 2, in cycles; 0: off */
};

#define PLC_IMAGE_SIZE_BYTES (2 + 4 * PLC_IMAGE_REGISTER_COUNT)

void plc_image_write(struct writer *out, const struct plc_image *image);
/* False, and nothing written, unless bytes are one image. */
bool plc_image_read(struct span bytes, struct plc_image *image);

/* What the Modbus compartment asks of the scan: nothing, which says that it lives, or a change of the image.
 *     u8 operation, u8 first, u8 count, then coils: u8 bits, bit 0 for the first; settings: u16 each */
enum plc_order_operation {
    PLC_ORDER_NONE = 0,
    PLC_ORDER_COILS = 1,
    PLC_ORDER_SETTINGS = 2,
};

struct plc_order {
    enum plc_order_operation operation;
    uint8_t first;
    uint8_t count; /* first + count is within the image */
    uint8_t bits;
    uint16_t values[PLC_IMAGE_REGISTER_COUNT];
};

#define PLC_ORDER_SIZE_BYTES_MAX (3 + 2 * PLC_IMAGE_REGISTER_COUNT)

void plc_order_write(struct writer *out, const struct plc_order *order);
/* False, and nothing written, unless bytes are one order within the image. */
bool plc_order_read(struct span bytes, struct plc_order *order);
void plc_order_apply(const struct plc_order *order, struct plc_image *image);

#endif
