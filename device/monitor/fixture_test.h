/* What the monitor's tests share: a maker, owners, signed slots and claims, and a host board that boots them through the
 * real ROM. */
#ifndef DEVICE_MONITOR_FIXTURE_TEST_H
#define DEVICE_MONITOR_FIXTURE_TEST_H

#include "base/error.h"
#include "base/span.h"
#include "crypto/ecdsa_p256.h"
#include "formats/identity/keyset.h"
#include "formats/identity/voucher.h"

struct fixture_key {
    struct ecdsa_p256_private_key private_key;
    struct ecdsa_p256_public_key public_key;
    struct sha256_digest digest;
};

/* The same key for the same name. */
struct fixture_key fixture_key(const char *name);

/* A board from the factory: fuses of maker "maker", monitor and base in slot A, nothing else. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* One start: ROM, then monitor_start. The error is monitor_start's; a board that does not get that far fails the test. */
struct error fixture_boot(void);
/* Same, with a seed of the caller's choice. */
struct error fixture_boot_seed(uint8_t seed);
/* fixture_boot, which must succeed. */
void fixture_must_boot(void);
/* Time goes by, with a tick every 100 ms. */
void fixture_advance(uint32_t time_ms);

struct fixture_image {
    enum component component;
    uint32_t slot_index;
    uint32_t sequence;
    const char *root;        /* signs the key set */
    const char *signer;      /* in the key set, signs the manifest */
    uint32_t generation;     /* 0: 1 */
    uint32_t sequence_min;   /* of the key set for this component */
    uint8_t fill;            /* what the image consists of */
    struct span content;     /* the image instead, if it is not empty */
    const char *manifest_signer; /* NULL: signer */
    uint8_t vendor_flip;
    uint8_t class_flip;
    uint32_t size_added;     /* to the size in the manifest */
};
#define FIXTURE_IMAGE_SIZE_BYTES_MAX 16384
/* A key set with one key. Borrowed until the next one. */
struct span fixture_keyset(enum keyset_kind kind, const char *root, const char *key, uint32_t generation);
/* The slot as a file: header block, image. Borrowed until the next one. */
struct span fixture_slot(const struct fixture_image *image);
void fixture_write_slot(const struct fixture_image *image);
/* Flips one bit in the slot, counted from its start. */
void fixture_flip_slot(enum component component, uint32_t slot_index, uint32_t offset_bytes);

struct fixture_claim {
    const char *owner;       /* root of the owner; control and app keys are "<owner> control" and "<owner> app" */
    const char *signer;      /* of the voucher */
    uint32_t generation;
    const char *batch;       /* NULL: the board's UEID */
    bool other_device;       /* a UEID that is not the board's */
    const char *certificate; /* owner whose root certificate goes in; NULL: owner */
    const char *control_root; /* signs the control key set; NULL: owner */
    const char *app_root;    /* signs the app key set; NULL: owner */
    uint32_t app_generation; /* of the app key set; 0: 1 */
    uint32_t app_sequence_min; /* of the app key set */
};
/* Borrowed until the next one. */
struct span fixture_claim(const struct fixture_claim *claim);
/* Claims the board for owner with the next generation, boots it again. */
void fixture_claim_board(const char *owner, uint32_t generation);

/* Which part of a claim bundle. */
enum fixture_part {
    FIXTURE_PART_NONE = 0,
    FIXTURE_PART_VOUCHER,
    FIXTURE_PART_CONTROL_KEYSET,
    FIXTURE_PART_APP_KEYSET,
};
/* Writes the bundle as the copy in effect, MAC and all, as nobody but the monitor can: what is checked behind the MAC is
 * checked by itself. The last byte of the part, which is of its signature, is flipped; authority NULL: the claim's signer. */
void fixture_plant_claim(const struct fixture_claim *claim, enum fixture_part flipped, const char *authority);

/* monitor_dispatch with a reply of its own. */
struct fixture_reply {
    struct error error;
    struct span data; /* borrowed until the next call */
};
struct fixture_reply fixture_call(uint32_t number, struct span in);
/* The same; must succeed. */
struct span fixture_must_call(uint32_t number, struct span in);

/* A signed answer to the evidence last fetched; the caller may spoil fields before. */
struct fixture_answer {
    struct span evidence;
    const char *signer;
    uint8_t nonce_flip;
    uint8_t evidence_flip;
    uint8_t rest_flip;
    uint8_t signature_flip;
    uint32_t order_epoch; /* 0: no order */
    uint32_t time_added_s;
};
/* Input for MONITOR_CALL_ANSWER; borrowed until the next one. */
struct span fixture_answer(const struct fixture_answer *answer);

void fixture_expect_error(struct error actual, enum error_code expected);
void fixture_expect_none(struct error actual);
/* True if the console has shown text since power on. */
bool fixture_console_has(const char *text);

#endif
