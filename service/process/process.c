#include "service/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/ensure.h"

static const char *own_name = "soprisd";

void process_name(const char *name)
{
    own_name = name;
}

/* One write per line, so that the lines of several processes do not mix. */
__attribute__((format(printf, 1, 0))) static void log_line(const char *format, va_list arguments)
{
    char line[1024];
    int size = snprintf(line, sizeof line, "%s: ", own_name);
    size += vsnprintf(line + size, sizeof line - (size_t)size, format, arguments);
    size_t length = (size_t)size < sizeof line - 1 ? (size_t)size : sizeof line - 2;
    line[length++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written; /* where the log cannot be written there is nobody to tell */
}

void process_log(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(format, arguments);
    va_end(arguments);
}

void process_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(format, arguments);
    va_end(arguments);
    exit(1);
}

void ensure_failed(const char *file, uint32_t line)
{
    process_log("a broken invariant at %s:%u; stopping", file, (unsigned int)line);
    abort();
}

void process_harden(void)
{
    signal(SIGPIPE, SIG_IGN);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        process_fail("cannot give up privileges: %s", strerror(errno));
    }
}

void process_ready(int ready_fd)
{
    if (ready_fd < 0) {
        return;
    }
    ssize_t written = write(ready_fd, "r", 1);
    (void)written; /* a supervisor that is gone takes this process with it */
    close(ready_fd);
}

int process_descriptor(const char *text)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0 || value > 1 << 20 ||
        fcntl((int)value, F_GETFD) < 0) {
        process_fail("'%s' is not an open descriptor; this program is started by soprisd", text);
    }
    return (int)value;
}

uint64_t process_time_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec;
}
