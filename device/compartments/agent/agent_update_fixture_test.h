/* What tests of updates share: an offer of base 8, a scripted service over real TLS that has its file, and a scripted monitor
 * that takes it. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_UPDATE_FIXTURE_TEST_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_UPDATE_FIXTURE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "device/abi/slot.h"
#include "device/compartments/agent/agent_settings.h"
#include "device/compartments/agent/agent_update.h"
#include "tests/device/support/test_runtime.h"
#include "tests/device/support/test_service.h"

#define IMAGE_SIZE_BYTES 5001
#define BASE_SIZE_BYTES 6000
#define HEADER_SIZE_BYTES 1420 /* the largest key set and manifest, and their sizes */
#define FILE_SIZE_BYTES (SLOT_HEADER_SIZE_BYTES + IMAGE_SIZE_BYTES)

/* What the scripted monitor saw and does. */
struct update_fake {
    struct error begin_error;
    uint32_t resume_at;
    size_t begin_count;
    uint32_t offset;
    uint8_t image[IMAGE_SIZE_BYTES];
    bool finished;
    size_t reset_count;
    size_t anew_count;
    size_t read_count;
    bool check_digest; /* as the monitor does at the end */
    struct error read_error;
};

extern struct update_fake fake;
extern uint8_t file[FILE_SIZE_BYTES];
extern uint8_t base_image[BASE_SIZE_BYTES]; /* what runs */
extern struct slot_header update_header;
extern struct agent_checkin checkin;
extern struct test_service service;
extern struct test_service_reply replies[TEST_SERVICE_REQUEST_COUNT_MAX];
extern struct agent_checkin_result result;
extern struct agent_patch patch;

void reply_range(size_t index, uint32_t first, uint32_t size);
/* All of the file, from that reply on; the number of the reply behind them. */
size_t reply_whole(size_t index);
/* The offers, as a check-in would have them taken, from a service with so many replies. */
struct error run(size_t reply_count);
void assert_error(struct error error, enum error_code code);
int update_set_up(void **state);
int update_tear_down(void **state);
int update_before_each(void **state);

#endif
