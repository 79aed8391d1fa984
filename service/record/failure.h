/* Failures of the fleet, grouped: what devices reported, each record once. Data only.
 * source  docs/protocol/failure.md */
#ifndef SERVICE_RECORD_FAILURE_H
#define SERVICE_RECORD_FAILURE_H

#include "formats/failure/failure.h"

/* A device is in at most so many groups: one that makes failures up cannot fill the store. What comes beyond is counted. */
#define FAILURE_DEVICE_GROUP_COUNT_MAX 64
#define FAILURE_SYMBOL_SIZE_BYTES_MAX 127
#define FAILURE_PLACE_SIZE_BYTES_MAX 191
/* An image consists of at most so many programs with symbols. */
#define FAILURE_ELF_COUNT_MAX 16

/* How far a device's log is taken in. */
struct failure_log_state {
    struct failure_ack taken;
    uint64_t lost;     /* failures that the device could not record */
    uint64_t overflow; /* failures beyond FAILURE_DEVICE_GROUP_COUNT_MAX */
};

/* Failures alike: of one version, kind, compartment, cause and program counter. */
struct failure_group {
    uint64_t number;
    enum component component;
    uint32_t sequence;
    struct sha256_digest digest;
    uint8_t kind;
    uint8_t compartment;
    char name[FAILURE_NAME_SIZE_BYTES_MAX + 1];
    uint32_t cause;
    uint32_t pc;
    uint64_t count;        /* failures; of the devices that a list was asked for */
    uint64_t device_count;
    uint64_t first_s;      /* when the service heard */
    uint64_t last_s;
    char symbol[FAILURE_SYMBOL_SIZE_BYTES_MAX + 1]; /* function; empty: unknown */
    char place[FAILURE_PLACE_SIZE_BYTES_MAX + 1];   /* "file.c:12"; empty: unknown */
};

/* One device's part of a group; the rest is of its latest record. */
struct failure_device {
    struct ueid ueid;
    uint64_t count;
    uint64_t first_s;
    uint64_t last_s;
    uint32_t boot_count;
    uint32_t uptime_s;
    uint32_t lr;
    uint32_t address;
};

/* Which groups a list shows; empty or NULL: all. */
struct failure_filter {
    const char *version;     /* of the release, as its manifest says */
    const struct ueid *ueid;
    const char *group;       /* of devices */
};

#endif
