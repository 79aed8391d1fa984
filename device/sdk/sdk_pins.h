/* Sixteen pins for the field: 0 to 7 switch outputs, 8 to 15 sense contacts as inputs 0 to 7. A PCA9552 on the shield's bus;
 * needs peripheral "i2c_shield1", of one compartment alone, because the bus has one master.
 * source  NXP PCA9552 data sheet, sections 7.3 and 7.4 */
#ifndef DEVICE_SDK_SDK_PINS_H
#define DEVICE_SDK_SDK_PINS_H

#include "base/span.h"

#define SDK_PINS_OUTPUT_COUNT 8
#define SDK_PINS_INPUT_COUNT 8

/* Switches all outputs: bit n for output n. False if the expander does not answer. */
bool sdk_pins_write(uint8_t outputs);
/* Bit n: contact n is closed. False if the expander does not answer. */
bool sdk_pins_read(uint8_t *inputs);

#endif
