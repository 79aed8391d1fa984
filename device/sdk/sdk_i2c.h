/* I2C master by software on a two-wire controller of the board (SBCON): 7-bit addresses, no other master.
 * source  NXP UM10204 section 3.1; Arm SBCON: lines are set at offset 0, cleared at 4, read at 0 */
#ifndef DEVICE_SDK_SDK_I2C_H
#define DEVICE_SDK_SDK_I2C_H

#include "base/span.h"
#include "device/abi/memory_map.h"

/* The bus of the shield's sensors; needs peripheral "i2c_shield1". */
#define SDK_I2C_SENSORS MEMORY_SENSOR_I2C_BASE

/* Reads size_bytes of a register of a device. False, and nothing in out, if the device does not answer. */
bool sdk_i2c_read(uint32_t bus, uint8_t address, uint8_t reg, uint8_t *out, size_t size_bytes);
/* Writes a register and those after it. False if the device does not answer. */
bool sdk_i2c_write(uint32_t bus, uint8_t address, uint8_t reg, const uint8_t *data, size_t size_bytes);

#endif
