/* What an app is written against, in the manner of Arduino: give setup and loop, call the rest.
 * The app runs in a compartment of its own; it reaches what its system file declares and nothing else. */
#ifndef DEVICE_SDK_SDK_H
#define DEVICE_SDK_SDK_H

#include "base/error.h"
#include "base/span.h"

/* Yours. setup runs once after every start of the compartment, loop for ever after. */
void setup(void);
void loop(void);

/* Milliseconds since the device started; wraps after 49 days. */
uint32_t sdk_time_ms(void);
void sdk_delay_ms(uint32_t time_ms);
/* One line on the device's console, at most 160 characters. It waits for the monitor, which may be making a signature for
 * somebody else (a third of a second): not for a control cycle. */
void sdk_log(const char *text);
/* The same with a number: "text value". */
void sdk_log_number(const char *text, int32_t value);
/* The same with an error: "text: 0x0e02". */
void sdk_log_error(const char *text, struct error error);
/* Gives up: the compartment is stopped, which is recorded with the error, and started again from the beginning. */
__attribute__((noreturn)) void sdk_fail(struct error error);

/* Publishes to the owner's broker under devices/<UEID>/<suffix>, acknowledged by the broker.
 * Fails at once while there is no connection.
 * errors  NET_UNREACHABLE, MQTT_SIZE, KERNEL_ARGUMENT (suffix), NET_*, TLS_*, KERNEL_* */
MUST_USE struct error sdk_publish(const char *suffix, struct span payload);

/* Lamp 0 to 9 of the board; needs peripheral "fpgaio". */
void sdk_lamp_set(uint32_t lamp, bool on);

#endif
