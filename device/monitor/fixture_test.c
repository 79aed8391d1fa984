#include "device/monitor/fixture_test.h"

#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/writer.h"
#include "device/abi/flash_map.h"
#include "device/abi/fuses.h"
#include "device/abi/monitor_call.h"
#include "device/abi/slot.h"
#include "device/boards/host/host_board.h"
#include "device/monitor/claim_copy.h"
#include "device/monitor/monitor.h"
#include "device/monitor/record.h"
#include "device/monitor/state.h"
#include "device/rom/rom.h"
#include "formats/checkin/checkin.h"
#include "formats/cose/cose.h"
#include "formats/manifest/manifest.h"
#include "formats/token/answer.h"

#define IMAGE_SIZE_BYTES 3000

static const struct uuid vendor = {{1}};
static const struct uuid device_class = {{2}};
static const char batch[] = "B7";

static uint8_t claim_bytes[CLAIM_SIZE_BYTES_MAX];
static uint8_t reply_bytes[MONITOR_MAILBOX_DATA_SIZE_BYTES];
static uint8_t answer_bytes[SHA256_DIGEST_SIZE_BYTES + ANSWER_SIZE_BYTES_MAX];
static uint8_t nonce_counter[4];

struct fixture_key fixture_key(const char *name)
{
    struct fixture_key key;
    struct span secret = span_of(name, strlen(name));
    fixture_expect_none(ecdsa_p256_derive_private(secret, SPAN_OF("fixture"), &key.private_key));
    fixture_expect_none(ecdsa_p256_public_of(&key.private_key, &key.public_key));
    key.digest = sha256_of(SPAN_OF(key.public_key.bytes));
    return key;
}

static struct fixture_key owner_key(const char *owner, const char *purpose)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "%s %s", owner, purpose);
    return fixture_key(name);
}

static void sign_cose(const char *content_type, const struct fixture_key *key, struct span payload,
                      struct writer *out)
{
    nonce_counter[0]++;
    fixture_expect_none(cose_sign1_create(content_type, &key->private_key, &key->public_key, payload,
                                          SPAN_OF(nonce_counter), out));
}

static void write_keyset(const struct keyset *keyset, const char *root, struct writer *out)
{
    uint8_t payload[KEYSET_SIZE_BYTES_MAX];
    struct writer writer;
    writer_init(&writer, payload, sizeof(payload));
    fixture_expect_none(keyset_encode_payload(keyset, &writer));
    struct fixture_key key = fixture_key(root);
    sign_cose(COSE_CONTENT_TYPE_KEYSET, &key, writer_span(&writer), out);
}

struct span fixture_keyset(enum keyset_kind kind, const char *root, const char *key, uint32_t generation)
{
    static uint8_t bytes[KEYSET_SIZE_BYTES_MAX];
    struct keyset keyset = {
        .kind = kind, .generation = generation, .key_count = 1, .keys = {fixture_key(key).public_key}};
    struct writer writer;
    writer_init(&writer, bytes, sizeof(bytes));
    write_keyset(&keyset, root, &writer);
    return writer_span(&writer);
}

static void write_manifest(const struct fixture_image *image, struct span content, struct writer *out)
{
    struct fixture_key signer = fixture_key(image->manifest_signer != NULL ? image->manifest_signer : image->signer);
    struct manifest manifest = {
        .component = image->component,
        .sequence = image->sequence,
        .vendor = vendor,
        .device_class = device_class,
        .image_digest = sha256_of(content),
        .image_size_bytes = (uint32_t)content.size + image->size_added,
        .version = "1.0",
        .signer = signer.public_key,
    };
    manifest.vendor.bytes[0] ^= image->vendor_flip;
    manifest.device_class.bytes[0] ^= image->class_flip;
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    fixture_expect_none(manifest_prepare(&manifest, &digest));
    fixture_expect_none(ecdsa_p256_sign(&signer.private_key, &digest, SPAN_OF(nonce_counter), &signature));
    fixture_expect_none(manifest_encode(&manifest, &signature, out));
}

struct span fixture_slot(const struct fixture_image *image)
{
    static uint8_t slot[SLOT_HEADER_SIZE_BYTES + FIXTURE_IMAGE_SIZE_BYTES_MAX];
    static uint8_t keyset_bytes[KEYSET_SIZE_BYTES_MAX];
    static uint8_t manifest_bytes[MANIFEST_SIZE_BYTES_MAX];
    uint8_t filled[IMAGE_SIZE_BYTES];
    struct keyset keyset = {
        .kind = image->component == COMPONENT_APP ? KEYSET_APP : KEYSET_RELEASE,
        .generation = image->generation == 0 ? 1 : image->generation,
        .key_count = 1,
        .keys = {fixture_key(image->signer).public_key},
    };
    keyset.sequence_min[image->component] = image->sequence_min;
    struct writer keyset_writer;
    writer_init(&keyset_writer, keyset_bytes, sizeof(keyset_bytes));
    write_keyset(&keyset, image->root, &keyset_writer);

    memset(filled, image->fill, sizeof(filled));
    struct span content = image->content.size > 0 ? image->content : SPAN_OF(filled);
    struct writer manifest_writer;
    writer_init(&manifest_writer, manifest_bytes, sizeof(manifest_bytes));
    write_manifest(image, content, &manifest_writer);

    struct writer writer;
    writer_init(&writer, slot, sizeof(slot));
    struct slot_header header = {writer_span(&keyset_writer), writer_span(&manifest_writer)};
    fixture_expect_none(slot_header_encode(&header, &writer));
    writer_bytes(&writer, content);
    assert_true(writer_ok(&writer));
    return writer_span(&writer);
}

void fixture_write_slot(const struct fixture_image *image)
{
    struct span slot = fixture_slot(image);
    memcpy(host_board_flash() + slot_offset_bytes(image->component, image->slot_index), slot.data, slot.size);
}

void fixture_flip_slot(enum component component, uint32_t slot_index, uint32_t offset_bytes)
{
    host_board_flash()[slot_offset_bytes(component, slot_index) + offset_bytes] ^= 1;
}

int fixture_setup(void **state)
{
    (void)state;
    struct fuses fuses = {
        .maker_root_digest = fixture_key("maker").digest,
        .vendor = vendor,
        .device_class = device_class,
        .batch_size_bytes = sizeof(batch) - 1,
    };
    memcpy(fuses.batch, batch, sizeof(batch) - 1);
    struct host_board_config config = {.console_fd = -1};
    memset(config.uds, 0x5A, sizeof(config.uds));
    struct writer writer;
    writer_init(&writer, config.fuses, sizeof(config.fuses));
    fixture_expect_none(fuses_encode(&fuses, &writer));
    assert_true(host_board_open(&config));
    fixture_write_slot(&(struct fixture_image){
        .component = COMPONENT_MONITOR, .sequence = 3, .root = "maker", .signer = "release", .fill = 0x11});
    fixture_write_slot(&(struct fixture_image){
        .component = COMPONENT_BASE, .sequence = 5, .root = "maker", .signer = "release", .fill = 0x22});
    return 0;
}

int fixture_teardown(void **state)
{
    (void)state;
    host_board_close();
    return 0;
}

static struct error start_error;

static void run_monitor(void)
{
    start_error = monitor_start();
}

static enum host_event boot_once(uint8_t seed)
{
    uint8_t seed_bytes[32];
    memset(seed_bytes, seed, sizeof(seed_bytes));
    host_board_power_on(seed_bytes);
    enum host_event event = host_board_run(rom_boot);
    if (event != HOST_EVENT_STARTED) {
        struct span console = host_board_console();
        fail_msg("the ROM did not start the monitor: event %d\n%.*s", (int)event, (int)console.size,
                 (const char *)console.data);
    }
    return host_board_run(run_monitor);
}

struct error fixture_boot_seed(uint8_t seed)
{
    enum host_event event = boot_once(seed);
    if (event == HOST_EVENT_RESET) {
        event = boot_once(seed); /* It has changed slots, and that takes another start. */
    }
    assert_int_equal(event, HOST_EVENT_RETURNED);
    struct error error = start_error;
    /* The ROM's attempts are not what is tested here: the monitor's slot counts as confirmed. */
    monitor.record.state.attempt_count[COMPONENT_MONITOR] = 0;
    monitor.called = true; /* and base's kernel has come to its first call */
    fixture_expect_none(record_store());
    return error;
}

void fixture_advance(uint32_t time_ms)
{
    for (uint32_t passed_ms = 0; passed_ms < time_ms; passed_ms += 100) {
        host_board_clock_advance(100);
        monitor_tick();
    }
}

struct error fixture_boot(void)
{
    static uint8_t seed;
    seed = seed == UINT8_MAX ? 1 : (uint8_t)(seed + 1);
    return fixture_boot_seed(seed);
}

void fixture_must_boot(void)
{
    fixture_expect_none(fixture_boot());
}

/* A real self-signed certificate, made by OpenSSL. */
static size_t make_certificate(const struct fixture_key *key, uint8_t *der, size_t capacity)
{
    uint8_t point[65] = {4};
    memcpy(point + 1, key->public_key.bytes, sizeof(key->public_key.bytes));
    BIGNUM *scalar = BN_bin2bn(key->private_key.bytes, sizeof(key->private_key.bytes), NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    assert_true(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0));
    assert_true(OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)));
    assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar));
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_KEYPAIR, parameters), 1);
    X509 *certificate = X509_new();
    assert_true(X509_set_version(certificate, 2));
    assert_true(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1));
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    X509_NAME *name = X509_get_subject_name(certificate);
    assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"owner root", -1, -1, 0));
    assert_true(X509_set_issuer_name(certificate, name));
    assert_true(X509_set_pubkey(certificate, pkey));
    assert_true(X509_sign(certificate, pkey, EVP_sha256()) > 0);
    int size_bytes = i2d_X509(certificate, NULL);
    assert_in_range(size_bytes, 1, capacity);
    assert_int_equal(i2d_X509(certificate, &der), size_bytes);
    X509_free(certificate);
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    BN_free(scalar);
    return (size_t)size_bytes;
}

static void write_voucher(const struct fixture_claim *claim, struct writer *out)
{
    struct voucher voucher = {
        .generation = claim->generation,
        .owner_root_digest = fixture_key(claim->owner).digest,
        .host = "10.0.2.100",
        .port = 8443,
        .is_batch = claim->batch != NULL,
    };
    if (claim->batch != NULL) {
        (void)snprintf(voucher.batch, sizeof(voucher.batch), "%s", claim->batch);
    } else {
        voucher.ueid = monitor.handoff.ueid;
        voucher.ueid.bytes[UEID_SIZE_BYTES - 1] ^= claim->other_device ? 1 : 0;
    }
    uint8_t payload[VOUCHER_SIZE_BYTES_MAX];
    struct writer writer;
    writer_init(&writer, payload, sizeof(payload));
    fixture_expect_none(voucher_encode_payload(&voucher, &writer));
    struct fixture_key signer = fixture_key(claim->signer);
    sign_cose(COSE_CONTENT_TYPE_VOUCHER, &signer, writer_span(&writer), out);
}

struct span fixture_claim(const struct fixture_claim *claim)
{
    static uint8_t parts_bytes[4][1024];
    struct writer parts[4];
    for (size_t index = 0; index < 4; index++) {
        writer_init(&parts[index], parts_bytes[index], sizeof(parts_bytes[index]));
    }
    write_voucher(claim, &parts[0]);
    struct fixture_key root = fixture_key(claim->certificate != NULL ? claim->certificate : claim->owner);
    parts[1].size = make_certificate(&root, parts_bytes[1], sizeof(parts_bytes[1]));
    struct keyset control = {.kind = KEYSET_CONTROL,
                             .generation = 1,
                             .key_count = 1,
                             .keys = {owner_key(claim->owner, "control").public_key}};
    write_keyset(&control, claim->control_root != NULL ? claim->control_root : claim->owner, &parts[2]);
    struct keyset app = {.kind = KEYSET_APP,
                         .generation = claim->app_generation == 0 ? 1 : claim->app_generation,
                         .key_count = 1,
                         .keys = {owner_key(claim->owner, "app").public_key}};
    app.sequence_min[COMPONENT_APP] = claim->app_sequence_min;
    write_keyset(&app, claim->app_root != NULL ? claim->app_root : claim->owner, &parts[3]);
    struct claim bundle = {.voucher = writer_span(&parts[0]),
                           .owner_certificate = writer_span(&parts[1]),
                           .control_keyset = writer_span(&parts[2]),
                           .app_keyset = writer_span(&parts[3])};
    struct writer writer;
    writer_init(&writer, claim_bytes, sizeof(claim_bytes));
    fixture_expect_none(claim_encode(&bundle, &writer));
    return writer_span(&writer);
}

void fixture_claim_board(const char *owner, uint32_t generation)
{
    struct fixture_claim claim = {.owner = owner, .signer = "maker", .generation = generation};
    (void)fixture_must_call(MONITOR_CALL_CLAIM, fixture_claim(&claim));
    fixture_must_boot();
    assert_true(monitor.claimed);
}

static struct span part_of(const struct claim *bundle, enum fixture_part part)
{
    switch (part) {
    case FIXTURE_PART_VOUCHER:
        return bundle->voucher;
    case FIXTURE_PART_CONTROL_KEYSET:
        return bundle->control_keyset;
    case FIXTURE_PART_APP_KEYSET:
        return bundle->app_keyset;
    case FIXTURE_PART_NONE:
        break;
    }
    return SPAN_EMPTY;
}

void fixture_plant_claim(const struct fixture_claim *claim, enum fixture_part flipped, const char *authority)
{
    struct span bundle = fixture_claim(claim);
    struct claim parts;
    fixture_expect_none(claim_parse(bundle, &parts));
    struct span part = part_of(&parts, flipped);
    if (part.size > 0) {
        claim_bytes[(size_t)(part.data - claim_bytes) + part.size - 1] ^= 1;
    }
    struct sha256_digest signer = fixture_key(authority != NULL ? authority : claim->signer).digest;
    struct claim_copy copy = {
        .epoch = monitor.handoff.epoch, .revision = 1, .authority = signer, .bundle = bundle};
    fixture_expect_none(claim_copy_write(0, &copy));
}

struct fixture_reply fixture_call(uint32_t number, struct span in)
{
    struct buffer out = BUFFER_OF(reply_bytes);
    struct error error = monitor_dispatch(number, in, &out);
    if (!error_is_none(error)) {
        assert_int_equal(out.size, 0);
    }
    return (struct fixture_reply){error, span_of_buffer(&out)};
}

struct span fixture_must_call(uint32_t number, struct span in)
{
    struct fixture_reply reply = fixture_call(number, in);
    fixture_expect_none(reply.error);
    return reply.data;
}

struct span fixture_answer(const struct fixture_answer *options)
{
    struct evidence evidence;
    struct ecdsa_p256_public_key attestation_key;
    fixture_expect_none(evidence_parse(options->evidence, &evidence, &attestation_key));
    struct answer answer = {
        .evidence_digest = sha256_of(options->evidence),
        .time_s = 1800000000 + options->time_added_s,
        .ticket_lifetime_s = 600,
        .order = options->order_epoch == 0 ? ORDER_NONE : ORDER_REFRESH,
        .order_epoch = options->order_epoch,
        .rest_digest = sha256_of(SPAN_OF("rest")),
        .next_challenge = {9},
    };
    memcpy(answer.ticket_nonce, evidence.ticket_nonce, sizeof(answer.ticket_nonce));
    answer.ticket_nonce[0] ^= options->nonce_flip;
    answer.evidence_digest.bytes[0] ^= options->evidence_flip;
    uint8_t payload[ANSWER_SIZE_BYTES_MAX];
    struct writer payload_writer;
    writer_init(&payload_writer, payload, sizeof(payload));
    fixture_expect_none(answer_encode_payload(&answer, &payload_writer));

    struct writer writer;
    writer_init(&writer, answer_bytes, sizeof(answer_bytes));
    struct sha256_digest rest = answer.rest_digest;
    rest.bytes[0] ^= options->rest_flip;
    writer_bytes(&writer, SPAN_OF(rest.bytes));
    struct fixture_key signer = fixture_key(options->signer);
    sign_cose(COSE_CONTENT_TYPE_ANSWER, &signer, writer_span(&payload_writer), &writer);
    answer_bytes[writer.size - 1] ^= options->signature_flip;
    return writer_span(&writer);
}

void fixture_expect_error(struct error actual, enum error_code expected)
{
    assert_string_equal(error_name(actual), error_name((struct error){(uint32_t)expected}));
}

void fixture_expect_none(struct error actual)
{
    assert_string_equal(error_name(actual), "NONE");
}

bool fixture_console_has(const char *text)
{
    struct span console = host_board_console();
    return memmem(console.data, console.size, text, strlen(text)) != NULL;
}
