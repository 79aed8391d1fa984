/* Modbus/TCP as a server: function codes 1 to 6, 15 and 16 over a process image.
 * source  Modbus Application Protocol 1.1b3, sections 6.1 to 6.6, 6.11, 6.12; Modbus Messaging on TCP/IP 1.0b, 3.1.3 */
#ifndef DEVICE_APPS_PLC_MODBUS_H
#define DEVICE_APPS_PLC_MODBUS_H

#include "device/apps/plc/plc_image.h"

/* Head of a frame: transaction, protocol, length, unit. */
#define MODBUS_HEAD_SIZE_BYTES 7
#define MODBUS_FRAME_SIZE_BYTES_MAX 260

/* Size of the frame that input, from a client, starts with; 0 while it is not complete.
 * False: this is no Modbus/TCP, and nothing after it can be understood. */
bool modbus_frame_size(struct span input, size_t *size_bytes);

/* What a frame asks for, in two steps, because the image is elsewhere: the order for it first.
 * frame  as modbus_frame_size found it
 * order  PLC_ORDER_NONE for reads and for what will be refused */
void modbus_order(struct span frame, struct plc_order *order);
/* Then the answer, from the image after the order; an exception for what is wrong with the frame. image NULL: the scan
 * cannot be asked (exception 4). response has MODBUS_FRAME_SIZE_BYTES_MAX. */
void modbus_respond(struct span frame, const struct plc_image *image, struct writer *response);

#endif
