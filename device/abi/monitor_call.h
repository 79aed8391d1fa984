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
    /* in: fault kind 1 (enum fault_kind), compartment 1, cause 4, pc 4, lr 4, address 4 */
    MONITOR_CALL_FAULT = 12,
    /* The non-secure world reports that it runs: the attempts of the booted slots are cleared. */
    MONITOR_CALL_CONFIRM = 13,
    /* in: index 1 (operational or service CA), DER at most 1024: kept in RAM for MONITOR_CALL_CERTIFICATE */
    MONITOR_CALL_CERTIFICATE_SET = 14,
    /* out: uptime 4 (ms), time known 1, time 8 (s since 1970) */
    MONITOR_CALL_TIME = 15,
};

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
