#include "device/sdk/sdk.h"

#include "base/ensure.h"
#include "device/abi/memory_map.h"
#include "device/runtime/hub_client.h"
#include "device/runtime/log_line.h"
#include "device/runtime/runtime.h"

#define LAMP_COUNT 10
#define FPGAIO_LED0 0x00u
/* The longest that publishing may hold up the app. */
#define PUBLISH_TIMEOUT_MS 5000u
#define ACKNOWLEDGED 1

void compartment_main(void)
{
    setup();
    for (;;) {
        loop();
    }
}

uint32_t sdk_time_ms(void)
{
    return runtime_time_ms();
}

void sdk_delay_ms(uint32_t time_ms)
{
    runtime_sleep_ms(time_ms);
}

void sdk_log(const char *text)
{
    runtime_log(text);
}

void sdk_log_number(const char *text, int32_t value)
{
    struct log_line line;

    log_line_init(&line, text);
    log_line_text(&line, value < 0 ? " -" : " ");
    log_line_uint(&line, value < 0 ? 0u - (uint32_t)value : (uint32_t)value);
    runtime_log(line.text);
}

void sdk_log_error(const char *text, struct error error)
{
    log_line_write_error(text, error);
}

void sdk_fail(struct error error)
{
    runtime_fail(error.code);
}

struct error sdk_publish(const char *suffix, struct span payload)
{
    return hub_client_publish(suffix, payload, ACKNOWLEDGED, PUBLISH_TIMEOUT_MS);
}

void sdk_lamp_set(uint32_t lamp, bool on)
{
    volatile uint32_t *lamps = (volatile uint32_t *)(uintptr_t)(MEMORY_FPGAIO_BASE + FPGAIO_LED0);

    ENSURE(lamp < LAMP_COUNT);
    *lamps = on ? *lamps | 1u << lamp : *lamps & ~(1u << lamp);
}
