/* What a check-in says about updates: the monitor's word, and the agent's where the monitor was never asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/compartments/agent/agent_report.h"
#include "tests/device/support/test_runtime.h"

static struct span status; /* empty: a monitor that does not know the call */

static struct error monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    assert_int_equal(request.size, 0);
    if (number != MONITOR_CALL_UPDATE_STATUS || status.size == 0) {
        return ERROR(MONITOR, CALL);
    }
    assert_true(status.size <= reply->capacity);
    memcpy(reply->data, status.data, status.size);
    reply->size = status.size;
    return ERROR_NONE;
}

static void assert_report(const struct update_report *report, enum component component, uint32_t sequence,
                          enum update_state state, uint32_t code)
{
    assert_int_equal(report->component, component);
    assert_int_equal(report->sequence, sequence);
    assert_int_equal(report->state, state);
    assert_int_equal(report->code, code);
}

static void outcomes_and_refusals_are_told(void **state)
{
    static const uint8_t bytes[] = {0, 0, 0, 3, 0,   0,    0, 4, 0, 0, 1, 0, /* generations */
                                    1, 5, 0, 0, 0,   0,    0, 9, 0, 0, 0, 0, /* monitor 9 in both slots */
                                    2, 1, 0, 0, 0,   0,    0, 7, 0, 0, 16, 0, /* base 7: 4096 bytes */
                                    3, 6, 0xB, 0x0A, 0, 0, 1, 0, 0, 0, 0, 0}; /* app 256 failed its trial */
    static const struct checkin_offer base = {.component = COMPONENT_BASE, .sequence = 8};
    static const struct checkin_offer app = {.component = COMPONENT_APP, .sequence = 256};
    struct checkin_request request = {0};

    (void)state;
    status = SPAN_OF(bytes);
    agent_report_refused(&base, ERROR(HTTP, STATUS));
    agent_report_refused(&base, ERROR(MONITOR, STATE)); /* says nothing about the image */
    agent_report_refused(&app, ERROR(HTTP, STATUS));    /* the monitor knows better */
    agent_report_fill(&request);
    assert_true(request.has_generations);
    assert_int_equal(request.generations.release, 3);
    assert_int_equal(request.generations.app, 4);
    assert_int_equal(request.generations.control, 256);
    assert_int_equal(request.report_count, 3);
    assert_report(&request.reports[0], COMPONENT_MONITOR, 9, UPDATE_STATE_SETTLED, 0);
    assert_report(&request.reports[1], COMPONENT_BASE, 8, UPDATE_STATE_REFUSED, ERROR_CODE_HTTP_STATUS);
    assert_report(&request.reports[2], COMPONENT_APP, 256, UPDATE_STATE_FAILED, ERROR_CODE_BOOT_CONTACT);
    agent_report_taken(COMPONENT_BASE);
    request = (struct checkin_request){0};
    agent_report_fill(&request);
    assert_report(&request.reports[1], COMPONENT_BASE, 7, UPDATE_STATE_DOWNLOADING, 0);
    assert_int_equal(request.reports[1].size_done_bytes, 4096);
}

static void a_monitor_without_the_call_says_nothing(void **state)
{
    struct checkin_request request = {0};

    (void)state;
    status = SPAN_EMPTY;
    agent_report_fill(&request);
    assert_int_equal(request.report_count, 0);
    assert_false(request.has_generations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_and_refusals_are_told),
        cmocka_unit_test(a_monitor_without_the_call_says_nothing),
    };
    test_runtime_set_monitor(monitor);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
