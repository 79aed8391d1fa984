/* Calls from the kernel into the monitor: one veneer, one fixed mailbox, no pointers.
 *
 * The kernel's monitor thread fills mailbox.data, calls monitor_call(number, size_in), and reads mailbox.size_bytes
 * of mailbox.data when the result is ERROR_CODE_NONE. The monitor copies inputs in first and writes outputs last.
 * Fields are big-endian, packed, in the order given. Sizes in bytes after the name.
 * errors  MONITOR_MODE, MONITOR_PRIVILEGE, MONITOR_BUSY (gate), MONITOR_CALL, MONITOR_ARGUMENT and those named */
#ifndef DEVICE_ABI_MONITOR_CALL_H
#define DEVICE_ABI_MONITOR_CALL_H

#include <stdint.h>

#define MONITOR_MAILBOX_DATA_SIZE_BYTES 4096

struct monitor_mailbox {
    uint32_t size_bytes;
    uint32_t reserved[7];
    uint8_t data[MONITOR_MAILBOX_DATA_SIZE_BYTES];
};

enum monitor_call {
    /* out: ueid 33, epoch 4, boot_count 4, mode 1 (enum device_mode), claimed 1, app_verified 1,
     *      service port 2, service host size 1, host. Unclaimed: the maker's rendezvous, which is the default address. */
    MONITOR_CALL_IDENTITY = 1,
    /* in: size 2 (at most 256); out: random bytes */
    MONITOR_CALL_RANDOM = 2,
    /* in: challenge 32, channel binding 32; out: evidence token. Makes a new ticket nonce unless one is outstanding. */
    MONITOR_CALL_EVIDENCE = 3,
    /* in: index 1 (enum monitor_certificate); out: DER.  MONITOR_NOT_FOUND */
    MONITOR_CALL_CERTIFICATE = 4,
    /* in: SHA-256 digest 32; out: signature 64 by the operational key. MONITOR_STATE while unclaimed. */
    MONITOR_CALL_OPERATIONAL_SIGN = 5,
    /* in: digest of the rest of the response 32, answer token; out: time 8 (s since 1970), ticket lifetime 4,
     *     next challenge 32.  ANSWER_*, COSE_*, CBOR_* */
    MONITOR_CALL_ANSWER = 6,
    /* in: claim bundle (formats/checkin). Verifies, stores and requests the next epoch; takes effect at the next reset.
     *     VOUCHER_*, KEYSET_*, COSE_*, CBOR_* */
    MONITOR_CALL_CLAIM = 7,
    /* Resets the device; does not return. */
    MONITOR_CALL_RESET = 8,
    /* in: storage class 1 (enum monitor_storage), owner 1 (set by the kernel: compartment), object 1, bytes (at most
     *     1024; none: deletes).  MONITOR_CAPACITY */
    MONITOR_CALL_STORE = 9,
    /* in: storage class 1, owner 1, object 1; out: bytes.  MONITOR_NOT_FOUND, MONITOR_SEAL */
    MONITOR_CALL_LOAD = 10,
    /* in: text of one line, at most 200 bytes; non-printable bytes become '?'. Written as "ns: <text>". */
    MONITOR_CALL_LOG = 11,
    /* in: fault kind 1 (enum fault_kind), compartment 1, cause 4, pc 4, lr 4, address 4, name of the compartment (at most
     * 15).  Recorded in flash before it returns. */
    MONITOR_CALL_FAULT = 12,
    /* The non-secure world reports that it runs: the attempts of the booted slots are cleared. Slots on trial (an update
     * that has not been confirmed) are cleared only once an answer was accepted in this boot, and stay from then on. */
    MONITOR_CALL_CONFIRM = 13,
    /* in: index 1 (operational or service CA), DER at most 1024: kept in RAM for MONITOR_CALL_CERTIFICATE */
    MONITOR_CALL_CERTIFICATE_SET = 14,
    /* out: uptime 4 (ms), time known 1, time 8 (s since 1970) */
    MONITOR_CALL_TIME = 15,
    /* in: key set size 2, key set, manifest size 2, manifest, ? MONITOR_UPDATE_ANEW 1; out: offset 4 to continue at, image size 4.
     * Everything that these say is verified before anything is erased. The image goes to the slot that does not run.
     * The same manifest again, after a reset too, resumes, but for ANEW, when what stands is not to be relied on;
     * another one takes its place.
     *     MONITOR_STATE while the component is on trial, while one that is finished waits for the reset, or for an app
     *     without an owner; KEYSET_*, MANIFEST_*, COSE_*, CBOR_*, MONITOR_RATE */
    MONITOR_CALL_UPDATE_BEGIN = 16,
    /* in: offset 4, bytes (1 to MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX, whole words but for the image's end); out: next
     * offset 4.  MONITOR_STATE (not begun, or not the next offset), MONITOR_CAPACITY (beyond the image), FLASH_* */
    MONITOR_CALL_UPDATE_WRITE = 17,
    /* Checks the whole image as it stands in flash, then makes its slot the active one, on trial from the next reset.
     *     MONITOR_STATE (not begun, or not whole), MANIFEST_IMAGE_DIGEST (begin anew) */
    MONITOR_CALL_UPDATE_FINISH = 18,
    /* in: component 1, offset 4, size 2 (1 to MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX); out: bytes of the slot that runs,
     * counted from the start of its image.  MONITOR_NOT_FOUND (the component does not run) */
    MONITOR_CALL_SLOT_READ = 19,
    /* out: generations that the device goes by, 4 each: release floor, app floor, control set (0 while unclaimed); then
     * for each component whose last update is known, ascending: component 1, state 1 (enum update_state), error code 2
     * (0: none), sequence number 4, bytes that stand 4 */
    MONITOR_CALL_UPDATE_STATUS = 20,
    /* in: control or app key set, signed by the owner root, of a higher generation. A control set counts at once, an app
     * set once an image of it has booted, was confirmed and stands in both slots.
     *     MONITOR_STATE (unclaimed, or a claim or epoch waits for the reset), KEYSET_*, COSE_*, CBOR_*, MONITOR_RATE */
    MONITOR_CALL_KEYSET = 21,
    /* in: size 2 of what fits; out: others wait 1 (0 or 1), failure report (formats/failure); no report if nothing is to be
     * reported. The next evidence carries its digest. */
    MONITOR_CALL_FAILURE_READ = 22,
    /* in: log 4, number 4: the service has the records up to this one.  MONITOR_NOT_FOUND (another log) */
    MONITOR_CALL_FAILURE_DONE = 23,
};

#define MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX 2048
#define MONITOR_UPDATE_ANEW 1

enum monitor_certificate {
    MONITOR_CERTIFICATE_ATTESTATION = 0,
    MONITOR_CERTIFICATE_DEVICE_ID = 1,
    MONITOR_CERTIFICATE_MAKER = 2,
    MONITOR_CERTIFICATE_OWNER_ROOT = 3,
    MONITOR_CERTIFICATE_OPERATIONAL = 4,
    MONITOR_CERTIFICATE_SERVICE_CA = 5,
};

enum monitor_storage {
    MONITOR_STORAGE_SEALED = 1, /* secret and authentic; dies with the epoch */
    MONITOR_STORAGE_KEPT = 2,   /* authentic, not secret; outlives the epoch */
};

/* Where an unclaimed device, which knows no owner, asks for its claim bundle. */
#define MONITOR_RENDEZVOUS_HOST "10.0.2.100"
#define MONITOR_RENDEZVOUS_PORT 8443

/* The veneer. Returns an error code (struct error's). */
uint32_t monitor_call(uint32_t number, uint32_t size_in_bytes);

#endif
