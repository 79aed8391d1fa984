#include "tests/device/support/test_runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define LOG_SIZE_BYTES 16384

static test_runtime_monitor scripted_monitor;
static char log_text[LOG_SIZE_BYTES];

void test_runtime_set_monitor(test_runtime_monitor monitor)
{
    scripted_monitor = monitor;
}

bool test_runtime_logged(const char *text)
{
    return strstr(log_text, text) != NULL;
}

void test_runtime_clear_log(void)
{
    log_text[0] = '\0';
}

uint32_t runtime_time_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

void runtime_sleep_ms(uint32_t time_ms)
{
    usleep(time_ms * 1000);
}

void runtime_log(const char *text)
{
    size_t used = strlen(log_text);

    snprintf(log_text + used, sizeof(log_text) - used, "%s\n", text);
    if (getenv("TEST_VERBOSE") != NULL) {
        fprintf(stderr, "log: %s\n", text);
    }
}

static struct error give_random(struct span request, struct buffer *reply)
{
    size_t size = (size_t)request.data[0] << 8 | request.data[1];

    if (request.size != 2 || size > reply->capacity || getrandom(reply->data, size, 0) != (ssize_t)size) {
        return ERROR(MONITOR, ARGUMENT);
    }
    reply->size = size;
    return ERROR_NONE;
}

struct error runtime_endpoint(uint32_t index, struct system_endpoint *endpoint)
{
    (void)index;
    (void)endpoint;
    return ERROR(KERNEL, ARGUMENT);
}

struct error runtime_monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    if (number == MONITOR_CALL_RANDOM) {
        return give_random(request, reply);
    }
    return scripted_monitor != NULL ? scripted_monitor(number, request, reply) : ERROR(MONITOR, CALL);
}

void ensure_failed(const char *file, uint32_t line);
void ensure_failed(const char *file, uint32_t line)
{
    fprintf(stderr, "%s:%u: a broken invariant\n", file, line);
    abort();
}
