#include "device/sdk/sdk_pins.h"

#include "device/sdk/sdk_i2c.h"

#define ADDRESS MEMORY_PINS_I2C_ADDRESS
#define AUTO_INCREMENT 0x10u
#define REGISTER_INPUT 0x00u
#define REGISTER_SELECT 0x06u
/* Two bits a pin: pulled low, or let go. */
#define SELECT_ON 0u
#define SELECT_OFF 1u
#define PINS_PER_REGISTER 4u

/* What was switched last: the level that an output has when it is on or off is the level that a contact has when it is
 * closed or open, so nothing needs to be assumed about the wiring. */
static uint8_t outputs_now;

bool sdk_pins_write(uint8_t outputs)
{
    uint8_t select[SDK_PINS_OUTPUT_COUNT / PINS_PER_REGISTER] = {0};

    for (uint32_t pin = 0; pin < SDK_PINS_OUTPUT_COUNT; pin++) {
        uint32_t value = (outputs >> pin & 1u) != 0 ? SELECT_ON : SELECT_OFF;
        select[pin / PINS_PER_REGISTER] |= (uint8_t)(value << (2 * (pin % PINS_PER_REGISTER)));
    }
    outputs_now = outputs;
    return sdk_i2c_write(SDK_I2C_SENSORS, ADDRESS, REGISTER_SELECT | AUTO_INCREMENT, select, sizeof(select));
}

bool sdk_pins_read(uint8_t *inputs)
{
    uint8_t levels[2];

    if (!sdk_i2c_read(SDK_I2C_SENSORS, ADDRESS, REGISTER_INPUT | AUTO_INCREMENT, levels, sizeof(levels))) {
        return false;
    }
    bool level_when_on = ((levels[0] ^ ~(uint32_t)outputs_now) & 1u) != 0;
    *inputs = level_when_on ? levels[1] : (uint8_t)~levels[1];
    return true;
}
