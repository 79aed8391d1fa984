#include "cli/door.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/board.h"
#include "cli/signing.h"
#include "cli/text.h"
#include "formats/operator/base64url.h"
#include "formats/operator/operator_command.h"

#define REPLY_SIZE_BYTES_MAX (16 * 1024 * 1024)
#define REPLY_TIMEOUT_S 20
#define HTTP_BUSY 503

/* One exchange with the door. */
struct exchange {
    char address[128];
    uint16_t port;
    SSL_CTX *tls;
    const char *path;
    char *body; /* JSON; NULL for a GET */
    char command[BASE64URL_TEXT_SIZE_BYTES(OPERATOR_COMMAND_SIZE_BYTES_MAX) + 1]; /* "" for a GET */
    struct event_base *base;
    int status; /* of HTTP; 0: there was no answer */
    json_t *reply;
    char failure[192]; /* of TLS, "" if none */
};

const char *door_operator(void)
{
    const char *name = getenv("SOPRIS_OPERATOR");
    return name != NULL && name[0] != 0 ? name : DOOR_OPERATOR_DEFAULT;
}

/* $SOPRIS_DOOR (ADDRESS:PORT) for a service elsewhere, else the one of this workspace. */
static struct outcome find_door(const struct workspace *workspace, struct exchange *exchange)
{
    const char *elsewhere = getenv("SOPRIS_DOOR");
    uint64_t port = 0;
    if (elsewhere != NULL && elsewhere[0] != 0) {
        const char *colon = strrchr(elsewhere, ':');
        if (colon == NULL || (size_t)(colon - elsewhere) >= sizeof exchange->address ||
            !text_parse_uint(colon + 1, UINT16_MAX, &port) || port == 0) {
            return outcome_usage("$SOPRIS_DOOR must be ADDRESS:PORT, not '%s'", elsewhere);
        }
        snprintf(exchange->address, sizeof exchange->address, "%.*s", (int)(colon - elsewhere), elsewhere);
        exchange->port = (uint16_t)port;
        return OUTCOME_OK;
    }
    snprintf(exchange->address, sizeof exchange->address, "127.0.0.1");
    exchange->port = board_port_of_file(workspace_path(workspace, "service/run/door.port").text);
    if (exchange->port == 0) {
        return outcome_unreachable("no service has been started in %s; start it with 'sopris up'",
                                   workspace->folder.text);
    }
    return OUTCOME_OK;
}

static struct outcome open_tls(const struct workspace *workspace, SSL_CTX **tls)
{
    struct file_path certificate = workspace_path(workspace, "operators/%s.crt", door_operator());
    struct file_path key = workspace_path(workspace, "operators/%s.key", door_operator());
    struct file_path root = workspace_path(workspace, "owner/root.crt");
    if (!text_is_name(door_operator()) || !file_exists(certificate.text) || !file_exists(key.text)) {
        return outcome_refused("there is no operator '%s' in %s; $SOPRIS_OPERATOR names another, 'sopris up' makes "
                               "the first", door_operator(), workspace->folder.text);
    }
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    bool ok = context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
              SSL_CTX_use_certificate_chain_file(context, certificate.text) == 1 &&
              SSL_CTX_use_PrivateKey_file(context, key.text, SSL_FILETYPE_PEM) == 1 &&
              SSL_CTX_load_verify_locations(context, root.text, NULL) == 1;
    if (!ok) {
        SSL_CTX_free(context);
        return outcome_refused("%s, %s or %s cannot be used for TLS", certificate.text, key.text, root.text);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    *tls = context;
    return OUTCOME_OK;
}

/* T-19: what changes something is signed here, so that the door need not be believed. */
static struct outcome sign_request(const struct workspace *workspace, struct exchange *exchange)
{
    uint8_t token_bytes[OPERATOR_COMMAND_SIZE_BYTES_MAX];
    char target[OPERATOR_COMMAND_TARGET_SIZE_BYTES_MAX + 1];
    struct writer token;
    struct writer text;
    EVP_PKEY *key = NULL;
    writer_init(&token, token_bytes, sizeof token_bytes);
    writer_init(&text, exchange->command, sizeof exchange->command - 1);
    snprintf(target, sizeof target, "POST %s", exchange->path);
    PROCEED(keys_load(workspace_path(workspace, "operators/%s.key", door_operator()).text, &key));
    struct outcome outcome =
        signing_operator_command(key, target, span_of(exchange->body, strlen(exchange->body)), &token);
    EVP_PKEY_free(key);
    PROCEED(outcome);
    PROCEED(outcome_of_error(base64url_encode(writer_span(&token), &text), "the request cannot be signed"));
    exchange->command[text.size] = 0;
    return OUTCOME_OK;
}

static void on_reply(struct evhttp_request *request, void *context)
{
    struct exchange *exchange = context;
    if (request != NULL && evhttp_request_get_response_code(request) != 0) {
        struct evbuffer *body = evhttp_request_get_input_buffer(request);
        size_t size = evbuffer_get_length(body);
        const char *bytes = (const char *)evbuffer_pullup(body, -1);
        exchange->status = evhttp_request_get_response_code(request);
        exchange->reply = bytes != NULL ? json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
    }
    event_base_loopbreak(exchange->base);
}

/* libevent reports a failed handshake only as a lost connection; the cause stands in the TLS object. */
static void on_error(enum evhttp_request_error error, void *context)
{
    struct exchange *exchange = context;
    if (error == EVREQ_HTTP_TIMEOUT) {
        snprintf(exchange->failure, sizeof exchange->failure, "no answer within %d s", REPLY_TIMEOUT_S);
    }
}

static bool send_request(struct exchange *exchange, struct evhttp_connection *connection)
{
    struct evhttp_request *request = evhttp_request_new(on_reply, exchange);
    if (request == NULL) {
        return false;
    }
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    evhttp_request_set_error_cb(request, on_error);
    evhttp_add_header(headers, "Host", DOOR_TLS_NAME);
    evhttp_add_header(headers, "Connection", "close");
    if (exchange->body != NULL) {
        struct evbuffer *output = evhttp_request_get_output_buffer(request);
        evhttp_add_header(headers, "Content-Type", "application/json");
        evhttp_add_header(headers, OPERATOR_COMMAND_HEADER, exchange->command);
        if (evbuffer_add(output, exchange->body, strlen(exchange->body)) != 0) {
            evhttp_request_free(request);
            return false;
        }
    }
    /* The connection owns the request from here on. */
    enum evhttp_cmd_type method = exchange->body != NULL ? EVHTTP_REQ_POST : EVHTTP_REQ_GET;
    return evhttp_make_request(connection, request, method, exchange->path) == 0;
}

static void note_tls_failure(struct exchange *exchange, struct bufferevent *stream, SSL *tls)
{
    long verdict = SSL_get_verify_result(tls);
    unsigned long code = bufferevent_get_openssl_error(stream);
    if (exchange->status != 0 || exchange->failure[0] != 0) {
        return;
    }
    if (verdict != X509_V_OK) {
        snprintf(exchange->failure, sizeof exchange->failure, "its certificate was refused: %s",
                 X509_verify_cert_error_string(verdict));
    } else if (ERR_reason_error_string(code) != NULL) {
        snprintf(exchange->failure, sizeof exchange->failure, "TLS failed: %s", ERR_reason_error_string(code));
    }
}

static void run_exchange(struct exchange *exchange)
{
    SSL *tls = SSL_new(exchange->tls);
    exchange->base = event_base_new();
    if (tls == NULL || exchange->base == NULL || SSL_set1_host(tls, DOOR_TLS_NAME) != 1 ||
        SSL_set_tlsext_host_name(tls, DOOR_TLS_NAME) != 1) {
        SSL_free(tls);
        return;
    }
    struct bufferevent *stream =
        bufferevent_openssl_socket_new(exchange->base, -1, tls, BUFFEREVENT_SSL_CONNECTING,
                                       BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (stream == NULL) {
        SSL_free(tls);
        return;
    }
    /* The stream, and with it the TLS object, belongs to the connection. */
    struct evhttp_connection *connection =
        evhttp_connection_base_bufferevent_new(exchange->base, NULL, stream, exchange->address, exchange->port);
    if (connection == NULL) {
        bufferevent_free(stream);
        return;
    }
    evhttp_connection_set_timeout(connection, REPLY_TIMEOUT_S);
    evhttp_connection_set_max_body_size(connection, REPLY_SIZE_BYTES_MAX);
    if (send_request(exchange, connection)) {
        event_base_dispatch(exchange->base);
        note_tls_failure(exchange, stream, tls);
    }
    evhttp_connection_free(connection);
}

/* From what the door answered to what the person hears. */
static struct outcome judge(struct exchange *exchange, json_t **reply)
{
    if (exchange->status == 0) {
        return outcome_unreachable("the service at %s:%u cannot be reached%s%s; is 'sopris up' running?",
                                   exchange->address, exchange->port, exchange->failure[0] != 0 ? ": " : "",
                                   exchange->failure);
    }
    if (exchange->status / 100 == 2 && exchange->reply != NULL) {
        *reply = json_incref(exchange->reply);
        return OUTCOME_OK;
    }
    const char *title = json_string_value(json_object_get(exchange->reply, "title"));
    const char *detail = json_string_value(json_object_get(exchange->reply, "detail"));
    const char *code = json_string_value(json_object_get(exchange->reply, "code"));
    if (exchange->status == HTTP_BUSY) {
        return outcome_unreachable("the service is not ready: %s", title != NULL ? title : "try again later");
    }
    return outcome_refused("the service refused: %s%s%s (%s, HTTP %d)", title != NULL ? title : "no reason given",
                           detail != NULL ? "; " : "", detail != NULL ? detail : "", code != NULL ? code : "no code",
                           exchange->status);
}

struct outcome door_request(const struct workspace *workspace, const char *path, json_t *body, json_t **reply)
{
    struct exchange exchange = {.path = path, .body = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL};
    struct outcome outcome = find_door(workspace, &exchange);
    if (outcome_is_ok(outcome)) {
        outcome = open_tls(workspace, &exchange.tls);
    }
    if (outcome_is_ok(outcome) && body != NULL) {
        outcome = exchange.body != NULL ? sign_request(workspace, &exchange) : outcome_refused("out of memory");
    }
    if (outcome_is_ok(outcome)) {
        run_exchange(&exchange);
        outcome = judge(&exchange, reply);
    }
    json_decref(body);
    free(exchange.body);
    json_decref(exchange.reply);
    if (exchange.base != NULL) {
        event_base_free(exchange.base);
    }
    SSL_CTX_free(exchange.tls);
    return outcome;
}
