/* Bodies of device/runtime for unit tests: real time, a captured log, and a monitor that the test scripts. */
#ifndef TESTS_DEVICE_SUPPORT_TEST_RUNTIME_H
#define TESTS_DEVICE_SUPPORT_TEST_RUNTIME_H

#include "device/runtime/runtime.h"

typedef struct error (*test_runtime_monitor)(enum monitor_call number, struct span request, struct buffer *reply);

/* NULL: no monitor answers. RANDOM is always answered by the system's randomness. */
void test_runtime_set_monitor(test_runtime_monitor monitor);
/* True if a line of the log since the last clear holds text. */
bool test_runtime_logged(const char *text);
void test_runtime_clear_log(void);

#endif
