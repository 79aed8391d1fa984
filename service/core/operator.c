#include "service/core/operator.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "service/core/command_check.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"
#include "service/process/process.h"

struct route {
    enum ipc_method method;
    const char *path; /* "*" stands for one part, given to the function */
    enum operator_role role;
    route_function *function;
};

static const struct route routes[] = {
    {IPC_GET, "/v1/devices", ROLE_VIEWER, route_get_devices},
    {IPC_GET, "/v1/devices/*", ROLE_VIEWER, route_get_device},
    {IPC_GET, "/v1/devices/*/explain", ROLE_VIEWER, route_get_explain},
    {IPC_GET, "/v1/releases", ROLE_VIEWER, route_get_releases},
    {IPC_GET, "/v1/images", ROLE_VIEWER, route_get_images},
    {IPC_GET, "/v1/rollouts", ROLE_VIEWER, route_get_rollouts},
    {IPC_GET, "/v1/rollouts/*", ROLE_VIEWER, route_get_rollout},
    {IPC_GET, "/v1/groups", ROLE_VIEWER, route_get_groups},
    {IPC_GET, "/v1/alerts", ROLE_VIEWER, route_get_alerts},
    {IPC_GET, "/v1/refreshes", ROLE_VIEWER, route_get_refreshes},
    {IPC_GET, "/v1/refreshes/*", ROLE_VIEWER, route_get_refresh},
    {IPC_GET, "/v1/keysets", ROLE_VIEWER, route_get_keysets},
    {IPC_GET, "/v1/vouchers", ROLE_VIEWER, route_get_vouchers},
    {IPC_GET, "/v1/makers", ROLE_VIEWER, route_get_makers},
    {IPC_GET, "/v1/operators", ROLE_VIEWER, route_get_operators},
    {IPC_GET, "/v1/failures", ROLE_VIEWER, route_get_failures},
    {IPC_GET, "/v1/failures/*", ROLE_VIEWER, route_get_failure},
    {IPC_GET, "/v1/status", ROLE_VIEWER, route_get_status},
    {IPC_POST, "/v1/releases", ROLE_RELEASER, route_post_release},
    {IPC_POST, "/v1/images", ROLE_RELEASER, route_post_image},
    {IPC_POST, "/v1/images/*/delete", ROLE_RELEASER, route_post_image_delete},
    {IPC_POST, "/v1/symbols", ROLE_RELEASER, route_post_symbols},
    {IPC_POST, "/v1/rollouts", ROLE_RELEASER, route_post_rollout},
    {IPC_POST, "/v1/rollouts/*/pause", ROLE_RELEASER, route_post_rollout_pause},
    {IPC_POST, "/v1/rollouts/*/resume", ROLE_RELEASER, route_post_rollout_resume},
    {IPC_POST, "/v1/rollouts/*/abort", ROLE_RELEASER, route_post_rollout_abort},
    {IPC_POST, "/v1/rollouts/*/finish", ROLE_RELEASER, route_post_rollout_finish},
    {IPC_POST, "/v1/rollouts/*/retry", ROLE_RELEASER, route_post_rollout_retry},
    {IPC_POST, "/v1/devices/*/group", ROLE_OPERATOR, route_post_device_group},
    {IPC_POST, "/v1/refreshes", ROLE_OPERATOR, route_post_refresh},
    {IPC_POST, "/v1/refreshes/*/abort", ROLE_OPERATOR, route_post_refresh_abort},
    {IPC_POST, "/v1/devices/*/quarantine", ROLE_OPERATOR, route_post_quarantine},
    {IPC_POST, "/v1/devices/*/release", ROLE_OPERATOR, route_post_release_device},
    {IPC_POST, "/v1/vouchers", ROLE_OPERATOR, route_post_voucher},
    {IPC_POST, "/v1/keysets", ROLE_ADMIN, route_post_keyset},
    {IPC_POST, "/v1/control-keys", ROLE_ADMIN, route_post_control_key},
    {IPC_POST, "/v1/makers", ROLE_ADMIN, route_post_maker},
    {IPC_POST, "/v1/operators", ROLE_ADMIN, route_post_operator},
};

/* Matches a path without query against a pattern; argument is the part that "*" stands for. */
static bool path_matches(const char *pattern, struct span path, struct span *argument)
{
    size_t at = 0;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '*') {
            if (at == path.size || path.data[at] != (uint8_t)*pattern) {
                return false;
            }
            at++;
            continue;
        }
        size_t start = at;
        while (at < path.size && path.data[at] != '/') {
            at++;
        }
        *argument = span_of(path.data + start, at - start);
    }
    return at == path.size;
}

static const struct route *route_find(enum ipc_method method, struct span path, struct span *argument)
{
    const uint8_t *query = path.size == 0 ? NULL : memchr(path.data, '?', path.size);
    struct span bare = query == NULL ? path : span_of(path.data, (size_t)(query - path.data));
    *argument = query == NULL ? SPAN_EMPTY : span_of(query + 1, path.size - bare.size - 1);
    for (size_t index = 0; index < sizeof routes / sizeof routes[0]; index++) {
        if (routes[index].method == method && path_matches(routes[index].path, bare, argument)) {
            return &routes[index];
        }
    }
    return NULL;
}

/* The door says which certificate it saw; that it is registered and in its dates is checked here (T-19). */
static struct error identify(struct core *core, X509 *certificate, struct span der, struct operator_record *out)
{
    bool is_current = certificate != NULL && X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
                      X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
    if (!is_current) {
        return ERROR(OPERATOR, UNKNOWN);
    }
    struct sha256_digest digest = sha256_of(der);
    struct error error = store_operator_find(core->store, &digest, out);
    return error_is(error, ERROR_CODE_STORE_NOT_FOUND) ? ERROR(OPERATOR, UNKNOWN) : error;
}

void route_problem(struct route_result *result, uint16_t status, struct error error, const char *detail)
{
    *result = (struct route_result){.status = status, .error = error, .detail = detail};
}

static void write_json(json_t *document, struct writer *storage, struct ipc_reply *reply)
{
    size_t size_bytes = json_dumpb(document, (char *)storage->data, storage->capacity - 1, JSON_COMPACT);
    json_decref(document);
    if (size_bytes == 0 || size_bytes > storage->capacity - 1) {
        process_fail("an answer to an operator is too large");
    }
    storage->data[size_bytes] = '\n';
    reply->body = span_of(storage->data, size_bytes + 1);
}

void operator_problem_reply(struct error error, uint16_t status, const char *detail, struct writer *storage,
                            struct ipc_reply *reply)
{
    json_t *document = json_pack("{s:s, s:s, s:i, s:s, s:I}", "type", "about:blank", "title", error_text(error),
                                 "status", (int)status, "code", error_name(error), "number",
                                 (json_int_t)error.code);
    if (detail != NULL) {
        json_put(document, "detail", json_string(detail));
    }
    reply->status = status;
    reply->content = IPC_CONTENT_JSON_PROBLEM;
    write_json(document, storage, reply);
}

/* Parses the body and does what was asked. */
static struct error route_call(struct core *core, const struct route *route, const struct ipc_request *request,
                               struct span argument, struct route_result *result)
{
    json_t *body = NULL;
    if (request->method == IPC_POST) {
        body = json_loadb((const char *)request->body.data, request->body.size, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(body)) {
            json_decref(body);
            route_problem(result, 400, ERROR(OPERATOR, REQUEST), "the body is not a JSON object");
            return ERROR_NONE;
        }
    }
    struct error error = route->function(core, argument, body, result);
    json_decref(body);
    return error;
}

/* For a known operator. T-19: what changes something needs the operator's own signature besides the certificate. The
 * command is judged before the role, so that it is used up also when it is refused for that. */
static struct error route_run_as(struct core *core, const struct ipc_request *request,
                                 const struct operator_record *operator, X509 *certificate,
                                 struct route_result *result)
{
    struct span argument;
    struct error verdict = ERROR_NONE;
    const struct route *route = route_find(request->method, request->path, &argument);
    if (route == NULL) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), NULL);
        return ERROR_NONE;
    }
    if (request->method == IPC_POST) {
        TRY(command_check(core, request, operator, certificate, &verdict));
    }
    if (error_is_none(verdict) && operator->role < route->role) {
        verdict = ERROR(OPERATOR, ROLE);
    }
    if (!error_is_none(verdict)) {
        route_problem(result, 403, verdict, NULL);
        return ERROR_NONE;
    }
    TRY(route_call(core, route, request, argument, result));
    if (request->method == IPC_POST && result->document != NULL) {
        process_log("operator %s: POST %s", operator->name, route->path);
    }
    return ERROR_NONE;
}

/* Who it is, the route, the signature, the role, the body: in this order, so that a stranger's body is not looked at. */
static struct error route_run(struct core *core, const struct ipc_request *request, struct route_result *result)
{
    struct operator_record operator;
    X509 *certificate = certificate_read(request->certificate);
    struct error error = identify(core, certificate, request->certificate, &operator);
    if (error_is(error, ERROR_CODE_OPERATOR_UNKNOWN)) {
        route_problem(result, 403, error, NULL);
        error = ERROR_NONE;
    } else if (error_is_none(error)) {
        error = route_run_as(core, request, &operator, certificate, result);
    }
    X509_free(certificate);
    return error;
}

struct error operator_reply(struct core *core, const struct ipc_request *request, struct writer *storage,
                            struct ipc_reply *reply)
{
    struct route_result result = {.status = 200, .error = ERROR_NONE};
    struct error error = route_run(core, request, &result);
    if (!error_is_none(error)) {
        json_decref(result.document);
        return error;
    }
    if (result.document == NULL) {
        operator_problem_reply(result.error, result.status, result.detail, storage, reply);
        return ERROR_NONE;
    }
    reply->status = result.status;
    reply->content = IPC_CONTENT_JSON;
    write_json(result.document, storage, reply);
    return ERROR_NONE;
}

struct error operator_bootstrap(struct core *core, const char *name, const char *certificate_path)
{
    FILE *file = fopen(certificate_path, "re");
    X509 *certificate = file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
    if (file != NULL) {
        fclose(file);
    }
    unsigned char *der = NULL;
    int size = certificate == NULL ? 0 : i2d_X509(certificate, &der);
    struct operator_record record = {.role = ROLE_ADMIN, .added_s = process_time_s()};
    X509_free(certificate);
    if (size <= 0) {
        return ERROR(IDENTITY, CERTIFICATE);
    }
    record.certificate_digest = sha256_of(span_of(der, (size_t)size));
    OPENSSL_free(der);
    if ((size_t)snprintf(record.name, sizeof record.name, "%s", name) >= sizeof record.name) {
        return ERROR(OPERATOR, REQUEST);
    }
    TRY(store_begin(core->store));
    struct error error = store_operator_add(core->store, &record);
    if (error_is_none(error)) {
        return store_commit(core->store);
    }
    store_rollback(core->store);
    return error;
}
