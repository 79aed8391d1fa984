#include "service/decide/failure.h"

/* A cause of the kernel's (docs/protocol/failure.md): faults that it could not report one by one, and how many. */
#define CAUSE_LOST 0x40000008u

void decide_failures(const struct failure_report *report, const struct failure_ack *taken, struct failure_output *out)
{
    bool same_log = taken->number != 0 && taken->log == report->log;
    *out = (struct failure_output){.ack = {report->log, report->records[report->count - 1].number}};
    while (same_log && out->first < report->count && report->records[out->first].number <= taken->number) {
        out->first++;
    }
    if (same_log && taken->number > out->ack.number) {
        out->ack.number = taken->number;
    }
}

uint64_t failure_count(const struct failure_record *record)
{
    bool is_sum = record->kind == FAULT_COMPARTMENT && record->cause == CAUSE_LOST;
    return is_sum ? (uint64_t)record->count * record->address : record->count;
}
