/* Hangs after the jump, as a bad release may. */
#include "device/hal/console.h"
#include "tests/boot/payload/payload.h"

void payload_main(void)
{
    static const char line[] = "payload: hangs\n";
    hal_console_write(span_of(line, sizeof(line) - 1));
    for (;;) {
    }
}
