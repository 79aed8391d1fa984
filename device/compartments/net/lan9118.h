/* Driver of the LAN9118 Ethernet controller: polled transmit, receive by interrupt.
 * source  SMSC LAN9118 data sheet, register names as there; docs/boards/mps3-an524.md */
#ifndef DEVICE_COMPARTMENTS_NET_LAN9118_H
#define DEVICE_COMPARTMENTS_NET_LAN9118_H

#include "base/error.h"
#include "base/span.h"

#define LAN9118_ADDRESS_SIZE_BYTES 6
#define LAN9118_FRAME_SIZE_BYTES_MAX 1514

/* Resets the controller and starts it with this MAC address; its interrupt means "a frame has arrived".
 * errors  NET_UNREACHABLE if no such controller answers */
MUST_USE struct error lan9118_start(const uint8_t address[LAN9118_ADDRESS_SIZE_BYTES]);
/* Sends one frame without its checksum; at most LAN9118_FRAME_SIZE_BYTES_MAX (asserted).
 * errors  NET_TIMEOUT if the controller takes nothing */
MUST_USE struct error lan9118_send(struct span frame);
/* Takes the next frame that arrived whole, without its checksum: false if there is none. Bad and oversized ones are
 * dropped. frame must have room for LAN9118_FRAME_SIZE_BYTES_MAX (asserted). */
bool lan9118_receive(struct buffer *frame);
/* After the interrupt was taken, before the frames are. */
void lan9118_acknowledge(void);

#endif
