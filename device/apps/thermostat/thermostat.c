/* A thermostat: reads the shield's sensor, switches the heater's lamp, tells the owner. */
#include "device/apps/thermostat/thermostat_control.h"
#include "device/apps/thermostat/thermostat_message.h"
#include "device/sdk/sdk.h"
#include "device/sdk/sdk_i2c.h"

#define SENSOR_ADDRESS 0x48
#define SENSOR_REGISTER_TEMPERATURE 0
#define HEATER_LAMP 0
#define MEASURE_INTERVAL_MS 1000u
#define PUBLISH_INTERVAL_MS 5000u
#define PUBLISH_RETRY_MS 2000u
#define MESSAGE_SIZE_BYTES_MAX 64

static bool heater_on;
static bool sensor_works;
static bool published_last;
static uint32_t next_publish_ms;

void setup(void)
{
    sdk_lamp_set(HEATER_LAMP, false);
    next_publish_ms = sdk_time_ms();
    sensor_works = true;
    sdk_log("up");
}

static bool measure(int32_t *tenths)
{
    uint8_t reg[2];
    bool works = sdk_i2c_read(SDK_I2C_SENSORS, SENSOR_ADDRESS, SENSOR_REGISTER_TEMPERATURE, reg, sizeof(reg));

    if (works != sensor_works) {
        sdk_log(works ? "the sensor answers again" : "the sensor does not answer");
        sensor_works = works;
    }
    if (works) {
        *tenths = thermostat_message_tenths(reg);
    }
    return works;
}

static void set_heater(bool on)
{
    if (on != heater_on) {
        next_publish_ms = sdk_time_ms(); /* The owner sees a change at once. */
    }
    heater_on = on;
    sdk_lamp_set(HEATER_LAMP, on);
}

static void publish(int32_t tenths)
{
    uint8_t message[MESSAGE_SIZE_BYTES_MAX];
    struct writer writer;

    writer_init(&writer, message, sizeof(message));
    thermostat_message_write(&writer, tenths, heater_on);
    struct error error = sdk_publish("thermostat", writer_span(&writer));
    bool published = error_is_none(error);
    if (published && !published_last) {
        sdk_log("publishes");
    } else if (!published && published_last) {
        sdk_log_error("publishing failed", error);
    }
    published_last = published;
    next_publish_ms = sdk_time_ms() + (published ? PUBLISH_INTERVAL_MS : PUBLISH_RETRY_MS);
}

void loop(void)
{
    int32_t tenths = 0;

    if (measure(&tenths)) {
        set_heater(thermostat_control_heater(heater_on, tenths));
        if ((int32_t)(sdk_time_ms() - next_publish_ms) >= 0) {
            publish(tenths);
        }
    } else {
        set_heater(false); /* Nobody knows how warm it is: cold is the lesser harm. */
    }
    sdk_delay_ms(MEASURE_INTERVAL_MS);
}
