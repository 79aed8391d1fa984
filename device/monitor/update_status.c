#include "device/monitor/update_status.h"

#include "base/writer.h"
#include "device/abi/flash_map.h"
#include "device/hal/flash.h"
#include "device/monitor/line.h"
#include "device/monitor/trial.h"
#include "device/monitor/update_journal.h"

static bool is_about_image(struct error error)
{
    uint32_t module = error.code >> 8;
    return module != ERROR_CODE_MONITOR_STATE >> 8 && module != ERROR_CODE_FLASH_RANGE >> 8;
}

void update_status_refused(const struct slot_header *header, struct error error)
{
    struct manifest manifest;
    if (!is_about_image(error)) {
        return;
    }
    if (error_is_none(manifest_parse(header->manifest, &manifest))) {
        monitor.refusals[manifest.component] = (struct update_refusal){manifest.sequence, error};
        line_component(manifest.component, manifest.sequence, " refused ", error);
        return;
    }
    /* What cannot be read has no name; whoever offered it knows what it was to be. */
    struct line line;
    line_begin(&line, "monitor: update refused ");
    line_error(&line, error);
    line_end(&line);
}

/* Both slots begin with the same bytes; a header stands only before a whole image. */
static struct error headers_equal(enum component component, bool *equal)
{
    uint32_t words[2][16];
    *equal = true;
    for (uint32_t offset = 0; offset < SLOT_HEADER_SIZE_BYTES && *equal; offset += (uint32_t)sizeof(words[0])) {
        for (uint32_t slot_index = 0; slot_index < SLOT_COUNT; slot_index++) {
            TRY(hal_flash_read(slot_offset_bytes(component, slot_index) + offset, (uint8_t *)words[slot_index],
                               sizeof(words[0])));
        }
        *equal = span_equal(SPAN_OF(words[0]), SPAN_OF(words[1]));
    }
    return ERROR_NONE;
}

static struct error outcome_report(enum component component, struct update_report *report)
{
    const struct update_outcome *outcome = &monitor.memory.outcomes[component];
    bool equal = false;
    report->sequence = outcome->sequence;
    report->state = (enum update_state)outcome->state;
    report->code = outcome->code;
    if (report->state == UPDATE_STATE_TRIAL &&
        monitor.record.state.active_slot[component] != monitor.running_slot[component] &&
        monitor.running_slot[component] != outcome->slot) {
        report->state = UPDATE_STATE_WAITING;
    }
    if (report->state == UPDATE_STATE_CONFIRMED) {
        TRY(headers_equal(component, &equal));
        report->state = equal ? UPDATE_STATE_SETTLED : UPDATE_STATE_CONFIRMED;
    }
    return ERROR_NONE;
}

/* An update that was begun and not finished, in this boot or an earlier one. */
static struct error journal_report(enum component component, struct update_report *report)
{
    struct update_journal journal;
    uint32_t block_count;
    struct error error = update_journal_read(&journal, &block_count);
    if (error_is(error, ERROR_CODE_MONITOR_NOT_FOUND)) {
        return ERROR_NONE;
    }
    TRY(error);
    bool begun = monitor.update.begun && monitor.update.component == component;
    bool other = report->sequence != journal.sequence && journal.slot_index != monitor.running_slot[component];
    if (journal.component == component && !trial_is_open(component) && (begun || other)) {
        *report = (struct update_report){
            .component = component,
            .sequence = journal.sequence,
            .state = UPDATE_STATE_DOWNLOADING,
            .size_done_bytes = begun ? monitor.update.offset_bytes : block_count * FLASH_BLOCK_SIZE,
        };
    }
    return ERROR_NONE;
}

struct error update_status_read(enum component component, struct update_report *report)
{
    const struct update_refusal *refusal = &monitor.refusals[component];
    *report = (struct update_report){.component = component};
    TRY(outcome_report(component, report));
    TRY(journal_report(component, report));
    if (refusal->sequence != 0 || refusal->error.code != 0) {
        report->sequence = refusal->sequence;
        report->state = UPDATE_STATE_REFUSED;
        report->code = refusal->error.code;
        report->size_done_bytes = 0;
    }
    return ERROR_NONE;
}
