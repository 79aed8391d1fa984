#include "formats/checkin/update_report.h"

#define REPORT_COMPONENT 1
#define REPORT_SEQUENCE 2
#define REPORT_STATE 3
#define REPORT_CODE 4
#define REPORT_SIZE_DONE 5
/* A module and an id: nothing that could be taken for success. */
#define CODE_MIN 0x0100u
#define CODE_MAX 0xFFFFu

const char *update_state_name(enum update_state state)
{
    static const char *const names[UPDATE_STATE_MAX + 1] = {
        [UPDATE_STATE_DOWNLOADING] = "downloading",
        [UPDATE_STATE_WAITING] = "waiting for a restart",
        [UPDATE_STATE_TRIAL] = "on trial",
        [UPDATE_STATE_CONFIRMED] = "confirmed",
        [UPDATE_STATE_SETTLED] = "confirmed, in both slots",
        [UPDATE_STATE_FAILED] = "failed its trial",
        [UPDATE_STATE_REFUSED] = "refused",
    };
    return (unsigned int)state <= UPDATE_STATE_MAX ? names[state] : NULL;
}

static bool state_has_code(enum update_state state)
{
    return state == UPDATE_STATE_FAILED || state == UPDATE_STATE_REFUSED;
}

bool update_report_is_valid(const struct update_report *report, const struct update_report *previous)
{
    bool code_fits = state_has_code(report->state) ? report->code >= CODE_MIN && report->code <= CODE_MAX
                                                   : report->code == 0;
    return component_name(report->component) != NULL && update_state_name(report->state) != NULL && code_fits &&
           (previous == NULL || report->component > previous->component);
}

void update_report_read(struct cbor_reader *cbor, const struct update_report *previous, struct update_report *report)
{
    *report = (struct update_report){0};
    size_t entry_count = cbor_read_map(cbor, 5);
    cbor_expect_int(cbor, REPORT_COMPONENT);
    report->component = (enum component)cbor_read_uint_max(cbor, COMPONENT_COUNT);
    cbor_expect_int(cbor, REPORT_SEQUENCE);
    report->sequence = cbor_read_uint_max(cbor, UINT32_MAX);
    cbor_expect_int(cbor, REPORT_STATE);
    report->state = (enum update_state)cbor_read_uint_max(cbor, UPDATE_STATE_MAX);
    if (state_has_code(report->state)) {
        cbor_expect_int(cbor, REPORT_CODE);
        report->code = cbor_read_uint_max(cbor, CODE_MAX);
    }
    cbor_expect_int(cbor, REPORT_SIZE_DONE);
    report->size_done_bytes = cbor_read_uint_max(cbor, UINT32_MAX);
    if (entry_count != (state_has_code(report->state) ? 5 : 4) || !update_report_is_valid(report, previous)) {
        cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
    }
}

void update_report_write(struct writer *out, const struct update_report *report)
{
    bool has_code = state_has_code(report->state);
    cbor_write_map(out, has_code ? 5 : 4);
    cbor_write_int(out, REPORT_COMPONENT);
    cbor_write_uint(out, (uint64_t)report->component);
    cbor_write_int(out, REPORT_SEQUENCE);
    cbor_write_uint(out, report->sequence);
    cbor_write_int(out, REPORT_STATE);
    cbor_write_uint(out, (uint64_t)report->state);
    if (has_code) {
        cbor_write_int(out, REPORT_CODE);
        cbor_write_uint(out, report->code);
    }
    cbor_write_int(out, REPORT_SIZE_DONE);
    cbor_write_uint(out, report->size_done_bytes);
}
