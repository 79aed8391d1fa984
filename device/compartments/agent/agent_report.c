#include "device/compartments/agent/agent_report.h"

#include "base/reader.h"
#include "device/runtime/runtime.h"

#define GENERATIONS_SIZE_BYTES 12
#define ENTRY_SIZE_BYTES 12
#define STATUS_SIZE_BYTES_MAX (GENERATIONS_SIZE_BYTES + COMPONENT_COUNT * ENTRY_SIZE_BYTES)

/* By component; lost with a reset, and so offered again. */
static struct update_report refusals[COMPONENT_COUNT + 1];

void agent_report_refused(const struct checkin_offer *offer, struct error error)
{
    if (error.code >> 8 != ERROR_CODE_MONITOR_STATE >> 8) {
        refusals[offer->component] = (struct update_report){.component = offer->component,
                                                            .sequence = offer->sequence,
                                                            .state = UPDATE_STATE_REFUSED,
                                                            .code = error.code};
    }
}

void agent_report_taken(enum component component)
{
    refusals[component] = (struct update_report){0};
}

/* What the monitor has refused or seen fail it says itself, also after a reset. */
static bool monitor_knows(const struct update_report *report, uint32_t sequence)
{
    return (report->state == UPDATE_STATE_REFUSED || report->state == UPDATE_STATE_FAILED) &&
           report->sequence == sequence;
}

static void entry_read(struct reader *reader, struct update_report *reports)
{
    struct update_report report = {.component = (enum component)reader_u8(reader)};

    report.state = (enum update_state)reader_u8(reader);
    report.code = reader_u16(reader);
    report.sequence = reader_u32(reader);
    report.size_done_bytes = reader_u32(reader);
    if (reader_ok(reader) && update_report_is_valid(&report, NULL)) {
        reports[report.component] = report;
    }
}

void agent_report_fill(struct checkin_request *request)
{
    struct update_report reports[COMPONENT_COUNT + 1] = {0};
    uint8_t data[STATUS_SIZE_BYTES_MAX];
    struct buffer reply = BUFFER_OF(data);
    struct reader reader;

    if (!error_is_none(runtime_monitor(MONITOR_CALL_UPDATE_STATUS, SPAN_EMPTY, &reply))) {
        return;
    }
    reader_init(&reader, span_of_buffer(&reply));
    request->generations.release = reader_u32(&reader);
    request->generations.app = reader_u32(&reader);
    request->generations.control = reader_u32(&reader);
    request->has_generations = reader_ok(&reader);
    while (reader_ok(&reader) && reader_remaining(&reader) > 0) {
        entry_read(&reader, reports);
    }
    for (size_t component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        const struct update_report *refusal = &refusals[component];
        bool use = refusal->state != UPDATE_STATE_NONE && !monitor_knows(&reports[component], refusal->sequence);
        const struct update_report *report = use ? refusal : &reports[component];
        if (report->state != UPDATE_STATE_NONE) {
            request->reports[request->report_count++] = *report;
        }
    }
}
