#include "formats/identity/keyset.h"

#include "formats/cbor/cbor.h"
#include "formats/cose/cose.h"

#define LABEL_KIND 1
#define LABEL_GENERATION 2
#define LABEL_KEYS 3
#define LABEL_SEQUENCE_MIN 4

static struct error payload_parse(struct span payload, struct keyset *keyset)
{
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, payload);
    cbor_expect_map(&cbor, 4);
    cbor_expect_int(&cbor, LABEL_KIND);
    keyset->kind = (enum keyset_kind)cbor_read_uint_max(&cbor, KEYSET_CONTROL);
    cbor_expect_int(&cbor, LABEL_GENERATION);
    keyset->generation = cbor_read_uint_max(&cbor, UINT32_MAX);
    cbor_expect_int(&cbor, LABEL_KEYS);
    keyset->key_count = cbor_read_array(&cbor, KEYSET_KEY_COUNT_MAX);
    for (size_t index = 0; index < keyset->key_count; index++) {
        cbor_read_bytes_into(&cbor, keyset->keys[index].bytes, sizeof keyset->keys[index].bytes);
    }
    cbor_expect_int(&cbor, LABEL_SEQUENCE_MIN);
    size_t entries_left = cbor_read_map(&cbor, COMPONENT_COUNT);
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        if (entries_left > 0 && cbor_next_is_int(&cbor, component)) {
            entries_left--;
            keyset->sequence_min[component] = cbor_read_uint_max(&cbor, UINT32_MAX);
            if (keyset->sequence_min[component] == 0) { /* Absent means zero; there is one way to say it. */
                cbor_reader_fail(&cbor, ERROR(KEYSET, STRUCTURE));
            }
        }
    }
    if (keyset->kind == 0 || keyset->generation == 0 || keyset->key_count == 0 || entries_left != 0) {
        cbor_reader_fail(&cbor, ERROR(KEYSET, STRUCTURE));
    }
    return cbor_reader_finish(&cbor);
}

struct error keyset_parse(struct span input, enum keyset_kind kind, const struct sha256_digest *root_digest,
                          struct keyset *out)
{
    struct cose_sign1 object;
    struct keyset keyset = {0};
    TRY(cose_sign1_parse(input, COSE_CONTENT_TYPE_KEYSET, &object));
    TRY(cbor_error_as(payload_parse(object.payload, &keyset), ERROR(KEYSET, STRUCTURE)));
    struct sha256_digest signer_digest = sha256_of(SPAN_OF(object.signer.bytes));
    if (!span_equal(SPAN_OF(signer_digest.bytes), SPAN_OF(root_digest->bytes))) {
        return ERROR(KEYSET, ROOT);
    }
    if (keyset.kind != kind) {
        return ERROR(KEYSET, KIND);
    }
    *out = keyset;
    return ERROR_NONE;
}

struct error keyset_verify_signature(struct span input)
{
    struct cose_sign1 object;
    TRY(cose_sign1_parse(input, COSE_CONTENT_TYPE_KEYSET, &object));
    return error_is_none(cose_sign1_verify(&object)) ? ERROR_NONE : ERROR(KEYSET, SIGNATURE);
}

struct error keyset_verify(struct span input, enum keyset_kind kind, const struct sha256_digest *root_digest,
                           struct keyset *out)
{
    struct keyset keyset;
    TRY(keyset_parse(input, kind, root_digest, &keyset));
    TRY(keyset_verify_signature(input));
    *out = keyset;
    return ERROR_NONE;
}

bool keyset_contains(const struct keyset *keyset, const struct ecdsa_p256_public_key *key)
{
    for (size_t index = 0; index < keyset->key_count; index++) {
        if (span_equal(SPAN_OF(keyset->keys[index].bytes), SPAN_OF(key->bytes))) {
            return true;
        }
    }
    return false;
}

struct error keyset_encode_payload(const struct keyset *keyset, struct writer *out)
{
    size_t minimum_count = 0;
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        minimum_count += keyset->sequence_min[component] != 0;
    }
    if (keyset->kind < KEYSET_RELEASE || keyset->kind > KEYSET_CONTROL || keyset->key_count == 0 ||
        keyset->key_count > KEYSET_KEY_COUNT_MAX || keyset->generation == 0) {
        return ERROR(KEYSET, STRUCTURE);
    }
    cbor_write_map(out, 4);
    cbor_write_int(out, LABEL_KIND);
    cbor_write_uint(out, (uint64_t)keyset->kind);
    cbor_write_int(out, LABEL_GENERATION);
    cbor_write_uint(out, keyset->generation);
    cbor_write_int(out, LABEL_KEYS);
    cbor_write_array(out, keyset->key_count);
    for (size_t index = 0; index < keyset->key_count; index++) {
        cbor_write_bytes(out, SPAN_OF(keyset->keys[index].bytes));
    }
    cbor_write_int(out, LABEL_SEQUENCE_MIN);
    cbor_write_map(out, minimum_count);
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        if (keyset->sequence_min[component] != 0) {
            cbor_write_int(out, component);
            cbor_write_uint(out, keyset->sequence_min[component]);
        }
    }
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
