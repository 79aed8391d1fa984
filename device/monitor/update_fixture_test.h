/* What the tests of updates share: an image to update to, and the calls that the agent makes. */
#ifndef DEVICE_MONITOR_UPDATE_FIXTURE_TEST_H
#define DEVICE_MONITOR_UPDATE_FIXTURE_TEST_H

#include "device/abi/monitor_call.h"
#include "device/abi/slot.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/state.h"

#define UPDATE_FIXTURE_CONTENT_SIZE_BYTES 9001 /* three blocks and no whole word at the end */

/* Of the image last made; the file last made; the request last made. */
extern uint8_t update_fixture_content[UPDATE_FIXTURE_CONTENT_SIZE_BYTES];
extern uint8_t update_fixture_file[SLOT_HEADER_SIZE_BYTES + FIXTURE_IMAGE_SIZE_BYTES_MAX];
extern uint8_t update_fixture_request[MONITOR_MAILBOX_DATA_SIZE_BYTES];

struct fixture_image update_fixture_image(enum component component, uint32_t sequence);
struct span update_fixture_file_of(const struct fixture_image *image);
struct span update_fixture_begin_request(struct span file);
struct error update_fixture_begin(struct span file);
/* The offset to go on at. */
uint32_t update_fixture_must_begin(struct span file);
struct error update_fixture_write_piece(struct span file, uint32_t offset_bytes, size_t size_bytes);
void update_fixture_write_rest(struct span file, uint32_t offset_bytes, uint32_t end_bytes);
struct error update_fixture_finish(void);
/* Begin, write, finish. */
void update_fixture_must_update(struct span file);
/* A check-in that the monitor has accepted the answer of. */
void update_fixture_must_have_contact(void);
void update_fixture_must_confirm(void);
/* What UPDATE_STATUS says of the component; state NONE if nothing. */
struct update_report update_fixture_status(enum component component);

#endif
