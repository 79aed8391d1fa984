#include "device/tls/tls_client.h"

#include <mbedtls/memory_buffer_alloc.h>
#include <psa/crypto.h>

#include <string.h>

#include "base/ensure.h"
#include "device/runtime/net_client.h"
#include "device/runtime/runtime.h"
#include "device/tls/tls_dates.h"
#include "device/tls/tls_key.h"
#include "device/tls/tls_trust.h"

static const int ciphersuites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_128_CCM_SHA256,
    0,
};
static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
static const uint16_t signature_algorithms[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_NONE};
/* Only P-256 with SHA-256, up to the trust anchor. */
static const mbedtls_x509_crt_profile certificate_profile = {
    .allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256),
    .allowed_pks = MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
    .allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1),
    .rsa_min_bitlen = 0,
};

struct error tls_client_setup(struct buffer heap)
{
    mbedtls_memory_buffer_alloc_init(heap.data, heap.capacity);
    return psa_crypto_init() == PSA_SUCCESS ? ERROR_NONE : ERROR(TLS, SETUP);
}

/* What is left until the deadline; 0 when it has passed. Right across the wrap of the clock. */
static uint32_t time_left_ms(const struct tls_client *client)
{
    uint32_t left_ms = client->deadline_ms - runtime_time_ms();

    return left_ms > UINT32_MAX / 2 ? 0 : left_ms;
}

static void set_deadline(struct tls_client *client, uint32_t timeout_ms)
{
    client->deadline_ms = runtime_time_ms() + timeout_ms;
}

static int io_result(struct tls_client *client, struct error error, size_t size)
{
    client->io_error = error;
    if (error_is_none(error)) {
        return (int)size;
    }
    /* "Want" keeps what was read of a record so far: a time-out may be followed by another try. */
    return error_is(error, ERROR_CODE_NET_TIMEOUT) ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int send_bytes(void *context, const unsigned char *data, size_t size)
{
    struct tls_client *client = context;
    uint32_t left_ms = time_left_ms(client);
    size_t sent = 0;

    if (left_ms == 0) {
        return io_result(client, ERROR(NET, TIMEOUT), 0);
    }
    struct error error = net_client_send(client->handle, span_of(data, size), left_ms, &sent);
    return io_result(client, error, sent);
}

static int receive_bytes(void *context, unsigned char *data, size_t size)
{
    struct tls_client *client = context;
    uint32_t left_ms = time_left_ms(client);
    struct buffer received = {data, size, 0};

    if (left_ms == 0) {
        return io_result(client, ERROR(NET, TIMEOUT), 0);
    }
    struct error error = net_client_receive(client->handle, &received, left_ms);
    return io_result(client, error, received.size);
}

/* The error to give for a result of the library: what net said, if that was the cause. */
static struct error cause_of(const struct tls_client *client, struct error otherwise)
{
    return error_is_none(client->io_error) ? otherwise : client->io_error;
}

static int fill_random(void *context, unsigned char *out, size_t size)
{
    (void)context;
    return psa_generate_random(out, size) == PSA_SUCCESS ? 0 : MBEDTLS_ERR_SSL_HW_ACCEL_FAILED;
}

static struct error configure_trust(struct tls_client *client, const struct tls_client_peer *peer)
{
    for (size_t i = 0; i < peer->trust_count; i++) {
        if (mbedtls_x509_crt_parse_der(&client->trust, peer->trust[i].data, peer->trust[i].size) != 0) {
            return ERROR(TLS, SETUP);
        }
    }
    mbedtls_ssl_conf_ca_chain(&client->config, &client->trust, NULL);
    mbedtls_ssl_conf_cert_profile(&client->config, &certificate_profile);
    mbedtls_ssl_conf_verify(&client->config, tls_dates_check, NULL);
    mbedtls_ssl_conf_authmode(&client->config, tls_trust_mode(peer->trust_count));
    return ERROR_NONE;
}

static struct error configure_own_certificate(struct tls_client *client, const struct tls_client_peer *peer)
{
    if (peer->certificate.size == 0) {
        return ERROR_NONE;
    }
    if (mbedtls_x509_crt_parse_der(&client->certificate, peer->certificate.data, peer->certificate.size) != 0 ||
        mbedtls_pk_setup_opaque(&client->key, TLS_KEY_OPERATIONAL) != 0 ||
        mbedtls_ssl_conf_own_cert(&client->config, &client->certificate, &client->key) != 0) {
        return ERROR(TLS, SETUP);
    }
    return ERROR_NONE;
}

static struct error configure(struct tls_client *client, const struct tls_client_peer *peer)
{
    if (mbedtls_ssl_config_defaults(&client->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return ERROR(TLS, SETUP);
    }
    mbedtls_ssl_conf_min_tls_version(&client->config, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_max_tls_version(&client->config, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_ciphersuites(&client->config, ciphersuites);
    mbedtls_ssl_conf_groups(&client->config, groups);
    mbedtls_ssl_conf_sig_algs(&client->config, signature_algorithms);
    mbedtls_ssl_conf_rng(&client->config, fill_random, NULL);
    TRY(configure_trust(client, peer));
    TRY(configure_own_certificate(client, peer));
    if (mbedtls_ssl_setup(&client->ssl, &client->config) != 0 ||
        mbedtls_ssl_set_hostname(&client->ssl, peer->name) != 0) {
        return ERROR(TLS, SETUP);
    }
    mbedtls_ssl_set_bio(&client->ssl, client, send_bytes, receive_bytes, NULL);
    return ERROR_NONE;
}

static struct error handshake(struct tls_client *client)
{
    int result = mbedtls_ssl_handshake(&client->ssl);

    if (result == 0) {
        client->open = true;
        return ERROR_NONE;
    }
    /* The flags are all ones until the peer's certificate was looked at. */
    uint32_t flags = mbedtls_ssl_get_verify_result(&client->ssl);
    if (result == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || (flags != 0 && flags != UINT32_MAX)) {
        return ERROR(TLS, UNTRUSTED);
    }
    return result == MBEDTLS_ERR_SSL_ALLOC_FAILED ? ERROR(TLS, SETUP) : cause_of(client, ERROR(TLS, HANDSHAKE));
}

struct error tls_client_open(struct tls_client *client, const struct tls_client_peer *peer, uint32_t timeout_ms)
{
    ENSURE(peer->trust_count <= TLS_CLIENT_TRUST_COUNT_MAX);
    memset(client, 0, sizeof(*client));
    client->io_error = ERROR_NONE;
    mbedtls_ssl_init(&client->ssl);
    mbedtls_ssl_config_init(&client->config);
    mbedtls_x509_crt_init(&client->trust);
    mbedtls_x509_crt_init(&client->certificate);
    mbedtls_pk_init(&client->key);
    set_deadline(client, timeout_ms);

    struct error error = net_client_connect(peer->host, peer->port, timeout_ms, &client->handle);
    if (error_is_none(error)) {
        client->connected = true;
        error = configure(client, peer);
    }
    if (error_is_none(error)) {
        error = handshake(client);
    }
    if (!error_is_none(error)) {
        tls_client_close(client);
    }
    return error;
}

struct error tls_client_write(struct tls_client *client, struct span data, uint32_t timeout_ms)
{
    ENSURE(client->open);
    set_deadline(client, timeout_ms);
    client->io_error = ERROR_NONE;
    while (data.size > 0) {
        int result = mbedtls_ssl_write(&client->ssl, data.data, data.size);
        if (result <= 0) {
            return cause_of(client, ERROR(TLS, IO));
        }
        data = span_of(data.data + result, data.size - (size_t)result);
    }
    return ERROR_NONE;
}

struct error tls_client_read(struct tls_client *client, struct buffer *data, uint32_t timeout_ms)
{
    ENSURE(client->open && data->size < data->capacity);
    set_deadline(client, timeout_ms);
    client->io_error = ERROR_NONE;
    /* A session ticket or key update is read and yields nothing ("want"): read on while net has no error. */
    int result = MBEDTLS_ERR_SSL_WANT_READ;
    while (result == MBEDTLS_ERR_SSL_WANT_READ && error_is_none(client->io_error)) {
        result = mbedtls_ssl_read(&client->ssl, data->data + data->size, data->capacity - data->size);
    }
    if (result > 0) {
        data->size += (size_t)result;
        return ERROR_NONE;
    }
    if (result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || result == MBEDTLS_ERR_SSL_CONN_EOF) {
        return ERROR(NET, CLOSED);
    }
    return cause_of(client, ERROR(TLS, IO));
}

struct error tls_client_exporter(struct tls_client *client, const char *label,
                                 uint8_t out[TLS_CLIENT_EXPORTER_SIZE_BYTES])
{
    ENSURE(client->open);
    int result = mbedtls_ssl_export_keying_material(&client->ssl, out, TLS_CLIENT_EXPORTER_SIZE_BYTES, label,
                                                    strlen(label), NULL, 0, 0);
    return result == 0 ? ERROR_NONE : ERROR(TLS, IO);
}

void tls_client_close(struct tls_client *client)
{
    if (client->open) {
        set_deadline(client, 1000);
        (void)mbedtls_ssl_close_notify(&client->ssl);
    }
    if (client->connected) {
        net_client_close(client->handle);
    }
    mbedtls_ssl_free(&client->ssl);
    mbedtls_ssl_config_free(&client->config);
    mbedtls_x509_crt_free(&client->trust);
    mbedtls_x509_crt_free(&client->certificate);
    mbedtls_pk_free(&client->key);
    memset(client, 0, sizeof(*client));
}
