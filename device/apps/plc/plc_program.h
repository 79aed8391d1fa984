/* The program of the example PLC, one cycle of it: pure, so that it can be tested at a desk.
 *
 *     output 0  pump: on by contact 0 (start) or coil 0 (remote start), held; off by contact 1 (stop), coil 1 (remote
 *               stop) or contact 2 (runs dry)
 *     output 1  alarm: contact 2
 *     output 2  blinks with the half period of setting 0
 *     output 4 to 7  coils 4 to 7: what the master orders
 * Without a master its orders do not count: coils are 0, and so are the outputs that follow them. */
#ifndef DEVICE_APPS_PLC_PLC_PROGRAM_H
#define DEVICE_APPS_PLC_PLC_PROGRAM_H

#include "device/apps/plc/plc_image.h"

#define PLC_CONTACT_START (1u << 0)
#define PLC_CONTACT_STOP (1u << 1)
#define PLC_CONTACT_DRY (1u << 2)
#define PLC_COIL_START (1u << 0)
#define PLC_COIL_STOP (1u << 1)
#define PLC_COILS_OUTPUTS 0xF0u
#define PLC_OUTPUT_PUMP (1u << 0)
#define PLC_OUTPUT_ALARM (1u << 1)
#define PLC_OUTPUT_BLINK (1u << 2)

/* outputs  of the cycle before; those of this one are returned */
uint8_t plc_program_cycle(const struct plc_image *image, uint32_t cycle, uint8_t outputs);

#endif
