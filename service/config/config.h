/* soprisd.json, read by every process of the service for itself. Relative paths start at the file's folder.
 * source  service/README.md */
#ifndef SERVICE_CONFIG_CONFIG_H
#define SERVICE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_PATH_SIZE_BYTES 512
#define CONFIG_NAME_SIZE_BYTES 64
#define CONFIG_EDGE_WORKER_COUNT_MAX 64

/* Where one process listens for TLS, and with what. */
struct config_listen {
    char address[CONFIG_NAME_SIZE_BYTES]; /* numeric IPv4 or IPv6 */
    uint16_t port;                        /* 0: any free one */
    char certificate[CONFIG_PATH_SIZE_BYTES];
    char key[CONFIG_PATH_SIZE_BYTES];
    uint32_t connection_count_max; /* of one process */
    uint32_t request_rate_max;     /* requests a second from one address, lasting; bursts of twice that */
};

#define CONFIG_RULE_COUNT_MAX 8

/* What the core is to do about one rule over evidence; the core knows the names. */
struct config_rule {
    char rule[CONFIG_NAME_SIZE_BYTES];
    char action[CONFIG_NAME_SIZE_BYTES];
    uint32_t threshold; /* 0: as it is by default */
};

struct config {
    char run_dir[CONFIG_PATH_SIZE_BYTES];
    char database[CONFIG_PATH_SIZE_BYTES];
    char images_dir[CONFIG_PATH_SIZE_BYTES]; /* image files, named by their SHA-256 */
    char symbols_dir[CONFIG_PATH_SIZE_BYTES]; /* programs with symbols, likewise; the core's alone */
    char revocations[CONFIG_PATH_SIZE_BYTES]; /* the revocation journal */
    struct config_listen edge;
    uint32_t edge_worker_count;
    struct config_listen door;
    char operator_ca[CONFIG_PATH_SIZE_BYTES];
    char control_key[CONFIG_PATH_SIZE_BYTES];
    char control_keyset[CONFIG_PATH_SIZE_BYTES];
    char app_keyset[CONFIG_PATH_SIZE_BYTES];
    char owner_certificate[CONFIG_PATH_SIZE_BYTES];
    char ca_certificate[CONFIG_PATH_SIZE_BYTES];
    char ca_key[CONFIG_PATH_SIZE_BYTES];
    uint32_t ticket_lifetime_s;
    uint32_t certificate_lifetime_s;
    size_t rule_count;
    struct config_rule rules[CONFIG_RULE_COUNT_MAX];
    /* Whom each process becomes when the service is started by root; empty: nobody else. */
    char edge_user[CONFIG_NAME_SIZE_BYTES];
    char door_user[CONFIG_NAME_SIZE_BYTES];
    char core_user[CONFIG_NAME_SIZE_BYTES];
};

/* false and a sentence in message if the file cannot be read or a key is missing, unknown or out of range. */
bool config_load(const char *path, struct config *out, char *message, size_t message_capacity);

#endif
