#include "device/tls/tls_dates.h"

#include "base/reader.h"
#include "device/runtime/runtime.h"

#define TIME_REPLY_SIZE_BYTES 13
#define SECONDS_A_DAY 86400u
#define DAYS_UNTIL_1970 719468u

/* Days by the calendar of eras of 400 years that begin in March, so that the leap day is a year's last. */
uint64_t tls_dates_seconds(const mbedtls_x509_time *time)
{
    if (time->year < 1970) {
        return 0;
    }
    uint32_t month = (uint32_t)time->mon;
    uint32_t year = (uint32_t)time->year - (month <= 2 ? 1u : 0u);
    uint32_t era = year / 400;
    uint32_t year_of_era = year % 400;
    uint32_t day_of_year = (153u * (month > 2 ? month - 3 : month + 9) + 2) / 5 + (uint32_t)time->day - 1;
    uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    uint64_t days = (uint64_t)era * 146097 + day_of_era - DAYS_UNTIL_1970;

    return days * SECONDS_A_DAY + (uint32_t)time->hour * 3600u + (uint32_t)time->min * 60u + (uint32_t)time->sec;
}

static bool time_now_s(uint64_t *now_s)
{
    uint8_t data[TIME_REPLY_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(data);
    struct reader reader;

    if (!error_is_none(runtime_monitor(MONITOR_CALL_TIME, SPAN_EMPTY, &reply))) {
        return false;
    }
    reader_init(&reader, span_of_buffer(&reply));
    (void)reader_u32(&reader);
    bool known = reader_u8(&reader) == 1;
    *now_s = reader_u64(&reader);
    return known && reader_ok(&reader);
}

int tls_dates_check(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    uint64_t now_s = 0;

    (void)context;
    (void)depth;
    if (!time_now_s(&now_s)) {
        return 0;
    }
    if (now_s > tls_dates_seconds(&certificate->valid_to)) {
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    }
    if (now_s < tls_dates_seconds(&certificate->valid_from)) {
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    }
    return 0;
}
