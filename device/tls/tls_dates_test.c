#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "device/tls/tls_dates.h"

/* Every day of four centuries agrees with the C library's calendar. */
static void seconds_agree_with_the_system(void **state)
{
    (void)state;
    for (time_t day = 0; day < 400 * 366; day++) {
        time_t seconds = day * 86400 + 12345;
        struct tm date;
        gmtime_r(&seconds, &date);
        mbedtls_x509_time parsed = {date.tm_year + 1900, date.tm_mon + 1, date.tm_mday,
                                    date.tm_hour,        date.tm_min,     date.tm_sec};
        assert_int_equal(tls_dates_seconds(&parsed), (uint64_t)seconds);
    }
}

static void the_ends_of_the_range(void **state)
{
    static const mbedtls_x509_time before = {1950, 1, 1, 0, 0, 0};
    static const mbedtls_x509_time last = {9999, 12, 31, 23, 59, 59};

    (void)state;
    assert_int_equal(tls_dates_seconds(&before), 0);
    assert_int_equal(tls_dates_seconds(&last), 253402300799u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_agree_with_the_system),
        cmocka_unit_test(the_ends_of_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
