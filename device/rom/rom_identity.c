#include "device/rom/rom_identity.h"

#include <string.h>

#include "base/secret.h"
#include "base/writer.h"
#include "device/secure/derive.h"

/* Context of the CDIs: monitor digest, maker root digest, epoch, debug; the sealing one leaves out the first, the key
 * of kept storage the epoch as well. */
static void cdis_derive(const struct rom_state *state, struct handoff_secrets *secrets)
{
    uint8_t bytes[2 * SHA256_DIGEST_SIZE_BYTES + 4 + 1];
    struct writer context;
    struct span uds = SPAN_OF(state->secrets.uds);
    uint8_t debug = state->fuses.debug ? 1 : 0;
    writer_init(&context, bytes, sizeof(bytes));
    writer_bytes(&context, SPAN_OF(state->facts.digest.bytes));
    writer_bytes(&context, SPAN_OF(state->fuses.maker_root_digest.bytes));
    writer_u32(&context, state->epoch);
    writer_u8(&context, debug);
    struct span attest = writer_span(&context);
    derive_key(uds, DERIVE_LABEL_CDI_ATTEST, attest, secrets->cdi_attest);
    struct span seal = span_of(attest.data + SHA256_DIGEST_SIZE_BYTES, attest.size - SHA256_DIGEST_SIZE_BYTES);
    derive_key(uds, DERIVE_LABEL_CDI_SEAL, seal, secrets->cdi_seal);
    writer_init(&context, bytes, sizeof(bytes));
    writer_bytes(&context, SPAN_OF(state->fuses.maker_root_digest.bytes));
    writer_u8(&context, debug);
    derive_key(uds, DERIVE_LABEL_KEPT, writer_span(&context), secrets->kept_key);
}

static struct span label_span(const char *label)
{
    return span_of(label, strlen(label));
}

/* Any receipt of this device knows DeviceID's public key: it never changes. */
static struct error device_id_public(const struct rom_state *state, struct ecdsa_p256_public_key *out)
{
    for (size_t index = 0; index < SLOT_COUNT; index++) {
        if (state->receipt_known[index]) {
            *out = state->receipts[index].device_id;
            return ERROR_NONE;
        }
    }
    return ecdsa_p256_public_of(&state->device_id, out);
}

/* Entropy of the one signature that the ROM makes: a seed that repeats still meets another boot count (threat T-13). */
static struct span nonce_input(const struct rom_state *state, uint8_t out[40])
{
    struct writer writer;
    writer_init(&writer, out, 40);
    writer_bytes(&writer, SPAN_OF(state->secrets.seed));
    writer_u32(&writer, state->record.state.boot_count);
    writer_u32(&writer, 0); /* counter: the ROM signs once a boot */
    return writer_span(&writer);
}

static struct error certificate_sign(const struct rom_state *state, struct rom_receipt *receipt)
{
    struct attestation_certificate certificate = {
        .public_key = receipt->attestation_key,
        .monitor_digest = state->facts.digest,
        .monitor_sequence = state->facts.sequence,
        .epoch = state->epoch,
        .debug = state->fuses.debug,
    };
    ueid_of(&receipt->device_id, &certificate.ueid);
    struct sha256_digest digest;
    TRY(attestation_certificate_prepare(&certificate, &digest));
    uint8_t nonce_bytes[40];
    struct ecdsa_p256_signature signature;
    struct error error = ecdsa_p256_sign(&state->device_id, &digest, nonce_input(state, nonce_bytes), &signature);
    secret_wipe(nonce_bytes, sizeof(nonce_bytes));
    TRY(error);
    struct writer writer;
    writer_init(&writer, receipt->certificate, sizeof(receipt->certificate));
    TRY(attestation_certificate_encode(&certificate, &signature, &writer));
    receipt->certificate_size_bytes = (uint32_t)writer_span(&writer).size;
    return ERROR_NONE;
}

static struct rom_receipt_basis basis_of(const struct rom_state *state)
{
    return (struct rom_receipt_basis){
        .fuses_digest = state->fuses_digest,
        .keyset_digest = state->facts.keyset_digest,
        .manifest_digest = state->facts.manifest_digest,
        .measurement = state->facts.digest,
        .epoch = state->epoch,
    };
}

static struct error receipt_make(struct rom_state *state, const struct ecdsa_p256_private_key *attestation_key,
                                 const struct rom_receipt_basis *basis)
{
    struct rom_receipt *receipt = &state->receipts[state->slot_index];
    bool *known = &state->receipt_known[state->slot_index];
    struct ecdsa_p256_public_key device_id;
    TRY(device_id_public(state, &device_id));
    memset(receipt, 0, sizeof(*receipt));
    *known = false;
    receipt->basis = *basis;
    receipt->device_id = device_id;
    TRY(ecdsa_p256_public_of(attestation_key, &receipt->attestation_key));
    TRY(certificate_sign(state, receipt));
    TRY(rom_receipt_write(state->slot_index, state->receipt_key, receipt));
    *known = true;
    return ERROR_NONE;
}

static void public_part_fill(const struct rom_state *state, struct handoff *handoff)
{
    const struct rom_receipt *receipt = &state->receipts[state->slot_index];
    handoff->magic = HANDOFF_MAGIC;
    handoff->size_bytes = sizeof(*handoff);
    handoff->fuses = state->fuses;
    ueid_of(&receipt->device_id, &handoff->ueid);
    handoff->epoch = state->epoch;
    handoff->boot_count = state->record.state.boot_count;
    handoff->monitor_slot = state->slot_index;
    handoff->monitor_sequence = state->facts.sequence;
    handoff->monitor_digest = state->facts.digest;
    handoff->monitor_authority = state->facts.authority;
    handoff->release_keyset_digest = state->facts.keyset_digest;
    handoff->release_generation = state->facts.generation;
    memcpy(handoff->slot_errors, state->slot_errors, sizeof(handoff->slot_errors));
    handoff->attestation_public_key = receipt->attestation_key;
    handoff->attestation_certificate_size_bytes = receipt->certificate_size_bytes;
    memcpy(handoff->attestation_certificate, receipt->certificate, receipt->certificate_size_bytes);
}

struct error rom_identity_derive(struct rom_state *state, struct handoff *handoff)
{
    struct handoff_secrets *secrets = &handoff->secrets;
    memset(handoff, 0, sizeof(*handoff));
    cdis_derive(state, secrets);
    derive_key(SPAN_OF(state->secrets.seed), DERIVE_LABEL_SEED, SPAN_EMPTY, secrets->seed);
    memcpy(secrets->record_key, state->record.key, sizeof(secrets->record_key));
    TRY(ecdsa_p256_derive_private(SPAN_OF(secrets->cdi_attest), label_span(DERIVE_LABEL_ATTESTATION),
                                  &secrets->attestation_key));
    struct rom_receipt_basis basis = basis_of(state);
    if (!state->receipt_known[state->slot_index] ||
        memcmp(&state->receipts[state->slot_index].basis, &basis, sizeof(basis)) != 0) {
        TRY(ecdsa_p256_derive_private(SPAN_OF(state->secrets.uds), label_span(DERIVE_LABEL_DEVICE_ID),
                                      &state->device_id));
        struct error error = receipt_make(state, &secrets->attestation_key, &basis);
        secret_wipe(&state->device_id, sizeof(state->device_id));
        TRY(error);
    }
    public_part_fill(state, handoff);
    return ERROR_NONE;
}

const struct ecdsa_p256_public_key *rom_identity_device_id(const struct rom_state *state)
{
    return &state->receipts[state->slot_index].device_id;
}
