/* Failure report: records of the monitor, in ascending order of their numbers, each reported once.
 *     report = {1: log, 2: [1*16 record]}
 *     record = {1: number, 2: boot count, 3: uptime (s), 4: kind, 5: component, 6: sequence, 7: digest of the image,
 *               8: compartment, 9: its name, 10: cause, 11: pc, 12: lr, 13: address, 14: count, 15: lost before it}
 *     ack    = [log, number]
 * The number of the log is random and made anew when a device's records were destroyed, so that (UEID, log, number)
 * names one record for ever. A record never changes once it was reported.
 * source  docs/protocol/failure.md; threats T-07, T-31 */
#ifndef FORMATS_FAILURE_FAILURE_H
#define FORMATS_FAILURE_FAILURE_H

#include "base/error.h"
#include "base/writer.h"
#include "formats/identity/identity.h"

#define FAILURE_RECORD_SIZE_BYTES_MAX 117
#define FAILURE_REPORT_RECORD_COUNT_MAX 16
#define FAILURE_REPORT_HEAD_SIZE_BYTES_MAX 9
#define FAILURE_REPORT_SIZE_BYTES_MAX 1881
#define FAILURE_NAME_SIZE_BYTES_MAX 15

struct failure_record {
    uint32_t number; /* from 1 */
    uint32_t boot_count;
    uint32_t uptime_s;
    uint8_t kind; /* enum fault_kind; 0 is none */
    enum component component;
    uint32_t sequence; /* with digest: the version that failed */
    struct sha256_digest digest;
    uint8_t compartment;
    char name[FAILURE_NAME_SIZE_BYTES_MAX + 1]; /* of the compartment; lower-case letters, digits, '_' and '-'; may be empty */
    uint32_t cause;
    uint32_t pc;
    uint32_t lr;
    uint32_t address;
    uint16_t count; /* this many alike, from 1; lr and address are of the first */
    uint16_t lost;  /* failures that could not be recorded between the record before and this one */
};

struct failure_report {
    uint32_t log;
    size_t count;
    struct failure_record records[FAILURE_REPORT_RECORD_COUNT_MAX];
};

/* What the service has stored: all records of this log up to number. */
struct failure_ack {
    uint32_t log;
    uint32_t number; /* from 1 */
};

bool failure_name_is_valid(struct span name);

/* The head of a report of count records, which follow; for whoever writes them one by one. */
void failure_report_begin(uint32_t log, size_t count, struct writer *out);
void failure_record_write(const struct failure_record *record, struct writer *out);
/* errors  CBOR_*, FAILURE_STRUCTURE */
MUST_USE struct error failure_report_encode(const struct failure_report *report, struct writer *out);
MUST_USE struct error failure_report_parse(struct span input, struct failure_report *out);

#endif
