#include <openssl/err.h>
#include <openssl/ssl.h>

#include "service/front/front_internal.h"
#include "service/process/process.h"

static void check(long result, const char *what, const char *path)
{
    if (result != 1) {
        char reason[160];
        ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
        process_fail("cannot set up TLS: %s %s: %s", what, path, reason);
    }
}

/* TLS 1.3 only, the two groups and two suites that devices offer, no resumption: a session ticket costs the server
 * more than it saves a device that keeps its connection. */
SSL_CTX *front_tls_context(struct front *front)
{
    const struct front_options *options = front->options;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    check(context != NULL, "context", "");
    check(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION), "version", "");
    check(SSL_CTX_set1_groups_list(context, "P-256:X25519"), "groups", "");
    check(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"), "suites", "");
    check(SSL_CTX_set_num_tickets(context, 0), "tickets", "");
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_early_data(context, 0);
    check(SSL_CTX_use_certificate_chain_file(context, options->listen->certificate), "certificate",
          options->listen->certificate);
    check(SSL_CTX_use_PrivateKey_file(context, options->listen->key, SSL_FILETYPE_PEM), "key", options->listen->key);
    check(SSL_CTX_check_private_key(context), "key", options->listen->key);
    if (options->client_ca != NULL) {
        check(SSL_CTX_load_verify_file(context, options->client_ca), "client CA", options->client_ca);
        SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options->client_ca));
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    SSL_CTX_set_client_hello_cb(context, connection_hello, front);
    return context;
}
