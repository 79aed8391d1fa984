/* Certificates: what the device shows of itself, the owner's root, and those that a check-in brought. */
#include <assert.h>

#include "base/reader.h"
#include "device/abi/flash_map.h"
#include "device/abi/provisioning.h"
#include "device/hal/flash.h"
#include "device/monitor/calls.h"
#include "device/monitor/operational.h"
#include "device/monitor/state.h"

#define CALL_PROVISIONING_SIZE_BYTES \
    (8 + PROVISIONING_CERTIFICATE_COUNT_MAX * (4 + PROVISIONING_CERTIFICATE_SIZE_BYTES_MAX))

static_assert(CALL_PROVISIONING_SIZE_BYTES <= MONITOR_SCRATCH_SIZE_BYTES, "the region's used part fits");
static_assert(CALL_PROVISIONING_SIZE_BYTES <= FLASH_PROVISIONING_SIZE, "the region holds it");

/* Read from flash each time: the device shows these and does not rely on them. */
static struct error call_provisioned(size_t index, struct writer *out)
{
    TRY(hal_flash_read(FLASH_PROVISIONING_OFFSET, monitor.scratch, CALL_PROVISIONING_SIZE_BYTES));
    struct provisioning provisioning;
    struct error error = provisioning_parse(span_of(monitor.scratch, CALL_PROVISIONING_SIZE_BYTES), &provisioning);
    if (!error_is_none(error) || index >= provisioning.certificate_count) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    writer_bytes(out, provisioning.certificates[index]);
    return ERROR_NONE;
}

static struct error call_stored(const struct stored_certificate *certificate, struct writer *out)
{
    if (certificate->size_bytes == 0) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    writer_bytes(out, span_of(certificate->der, certificate->size_bytes));
    return ERROR_NONE;
}

struct error call_certificate(struct span in, struct writer *out)
{
    if (in.size != 1) {
        return ERROR(MONITOR, ARGUMENT);
    }
    switch (in.data[0]) {
    case MONITOR_CERTIFICATE_ATTESTATION:
        writer_bytes(out, span_of(monitor.handoff.attestation_certificate,
                                  monitor.handoff.attestation_certificate_size_bytes));
        return ERROR_NONE;
    case MONITOR_CERTIFICATE_DEVICE_ID:
        return call_provisioned(0, out);
    case MONITOR_CERTIFICATE_MAKER:
        return call_provisioned(1, out);
    case MONITOR_CERTIFICATE_OWNER_ROOT:
        if (!monitor.claimed) {
            return ERROR(MONITOR, NOT_FOUND);
        }
        writer_bytes(out, monitor.owner.parts.owner_certificate);
        return ERROR_NONE;
    case MONITOR_CERTIFICATE_OPERATIONAL:
        return call_stored(&monitor.operational_certificate, out);
    case MONITOR_CERTIFICATE_SERVICE_CA:
        return call_stored(&monitor.service_ca, out);
    default:
        return ERROR(MONITOR, ARGUMENT);
    }
}

/* Kept for the hub and nothing else: who relies on a certificate verifies it. */
struct error call_certificate_set(struct span in, struct writer *out)
{
    (void)out;
    struct reader reader;
    reader_init(&reader, in);
    uint8_t index = reader_u8(&reader);
    struct stored_certificate *certificate = NULL;
    if (index == MONITOR_CERTIFICATE_OPERATIONAL) {
        certificate = &monitor.operational_certificate;
    } else if (index == MONITOR_CERTIFICATE_SERVICE_CA) {
        certificate = &monitor.service_ca;
    }
    size_t size_bytes = reader_remaining(&reader);
    if (!reader_ok(&reader) || certificate == NULL || size_bytes == 0 || size_bytes > sizeof(certificate->der)) {
        return ERROR(MONITOR, ARGUMENT);
    }
    struct span der = reader_take(&reader, size_bytes);
    for (size_t position = 0; position < der.size; position++) {
        certificate->der[position] = der.data[position];
    }
    certificate->size_bytes = der.size;
    return ERROR_NONE;
}

struct error call_operational_sign(struct span in, struct writer *out)
{
    struct sha256_digest digest;
    if (in.size != sizeof(digest.bytes)) {
        return ERROR(MONITOR, ARGUMENT);
    }
    if (!monitor.claimed) {
        return ERROR(MONITOR, STATE);
    }
    for (size_t index = 0; index < sizeof(digest.bytes); index++) {
        digest.bytes[index] = in.data[index];
    }
    struct ecdsa_p256_signature signature;
    TRY(operational_sign(&digest, &signature));
    writer_bytes(out, SPAN_OF(signature.bytes));
    return ERROR_NONE;
}
