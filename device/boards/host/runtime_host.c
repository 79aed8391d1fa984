/* device/runtime for the one compartment of the host board: time and sleep of the machine, monitor calls straight into
 * the monitor. There is no kernel; a compartment that fails ends the run, as a reset does. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/writer.h"
#include "device/boards/host/runtime_host.h"
#include "device/hal/system.h"
#include "device/monitor/monitor.h"
#include "device/runtime/runtime.h"

#define LOG_SIZE_BYTES_MAX 160

uint32_t runtime_time_ms(void)
{
    return hal_system_uptime_ms();
}

void runtime_sleep_ms(uint32_t time_ms)
{
    struct timespec left = {.tv_sec = time_ms / 1000, .tv_nsec = (long)(time_ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0) {
    }
}

void runtime_start_reason(struct kernel_start *reason)
{
    *reason = (struct kernel_start){0}; /* nothing restarts here */
}

/* On the device the tick interrupts the monitor and sees that a call is under way; here it is a thread. */
static pthread_mutex_t monitor_mutex = PTHREAD_MUTEX_INITIALIZER;

void runtime_host_tick(void)
{
    (void)pthread_mutex_lock(&monitor_mutex);
    monitor_tick();
    (void)pthread_mutex_unlock(&monitor_mutex);
}

static struct error dispatch(uint32_t number, struct span in, struct buffer *out)
{
    (void)pthread_mutex_lock(&monitor_mutex);
    struct error error = monitor_dispatch(number, in, out);
    (void)pthread_mutex_unlock(&monitor_mutex);
    return error;
}

void runtime_log(const char *text)
{
    uint8_t nothing[1];
    struct buffer reply = BUFFER_OF(nothing);
    uint8_t line[LOG_SIZE_BYTES_MAX];
    struct writer writer;
    writer_init(&writer, line, sizeof(line));
    /* As the kernel does on the device. */
    writer_bytes(&writer, span_of("agent: ", 7));
    writer_bytes(&writer, span_of(text, strnlen(text, sizeof(line) - writer.size)));
    struct error ignored = dispatch(MONITOR_CALL_LOG, writer_span(&writer), &reply);
    (void)ignored; /* A line that cannot be written cannot be complained about. */
}

void runtime_fail(uint32_t cause)
{
    static const char digits[] = "0123456789abcdef";
    char line[] = "fails with cause 0x00000000";
    for (size_t digit = 0; digit < 8; digit++) {
        line[sizeof(line) - 2 - digit] = digits[(cause >> (4 * digit)) & 0xF];
    }
    runtime_log(line);
    hal_system_reset();
}

/* No image has a table here: nothing is declared. */
struct error runtime_endpoint(uint32_t index, struct system_endpoint *endpoint)
{
    (void)index;
    (void)endpoint;
    return ERROR(KERNEL, ARGUMENT);
}

/* As on the device, the request is copied before it is looked at and the reply is written only on success. */
struct error runtime_monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    static uint8_t in[MONITOR_MAILBOX_DATA_SIZE_BYTES];
    static uint8_t out[MONITOR_MAILBOX_DATA_SIZE_BYTES];
    if (request.size > sizeof(in)) {
        return ERROR(MONITOR, ARGUMENT);
    }
    for (size_t index = 0; index < request.size; index++) {
        in[index] = request.data[index];
    }
    struct buffer result = BUFFER_OF(out);
    TRY(dispatch((uint32_t)number, span_of(in, request.size), &result));
    if (result.size > reply->capacity) {
        return ERROR(KERNEL, CAPACITY);
    }
    for (size_t index = 0; index < result.size; index++) {
        reply->data[index] = out[index];
    }
    reply->size = result.size;
    return ERROR_NONE;
}
