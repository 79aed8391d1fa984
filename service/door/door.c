/* sopris-door: the operators' entrance. Demands a client certificate and passes it to the core with the request; who
 * the operator is and what the role allows is decided there (T-19). */
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "service/front/front.h"
#include "service/process/process.h"

static void write_problem(struct error error, uint16_t status, struct writer *out)
{
    char text[512];
    int size = snprintf(text, sizeof text,
                        "{\"type\": \"about:blank\", \"title\": \"%s\", \"status\": %u, \"code\": \"%s\", "
                        "\"number\": %u}\n",
                        error_text(error), (unsigned int)status, error_name(error), (unsigned int)error.code);
    /* The sentences of base/error_list.h hold nothing that JSON would need escaped. */
    writer_bytes(out, span_of(text, size > 0 && (size_t)size < sizeof text ? (size_t)size : 0));
}

static void handle(struct front *front, struct evhttp_request *request)
{
    const char *path = evhttp_request_get_uri(request);
    bool is_post = evhttp_request_get_command(request) == EVHTTP_REQ_POST;
    struct ipc_request message = {
        .kind = IPC_OPERATOR,
        .method = is_post ? IPC_POST : IPC_GET,
        .path = span_of(path, strlen(path)),
        .body = is_post ? front_body(request) : SPAN_EMPTY,
    };
    X509 *certificate = SSL_get0_peer_certificate(front_tls(request));
    unsigned char *der = NULL;
    int der_size = certificate == NULL ? 0 : i2d_X509(certificate, &der);
    if (der_size <= 0 || der_size > IPC_CERTIFICATE_SIZE_BYTES_MAX) {
        front_refuse(front, request, 403, ERROR(OPERATOR, UNKNOWN));
    } else if (message.path.size > IPC_PATH_SIZE_BYTES_MAX) {
        front_refuse(front, request, 404, ERROR(OPERATOR, NOT_FOUND));
    } else {
        message.certificate = span_of(der, (size_t)der_size);
        front_forward(front, request, &message);
    }
    OPENSSL_free(der);
}

int main(int argument_count, char **arguments)
{
    static struct config config;
    char core_socket[CONFIG_PATH_SIZE_BYTES + 16];
    struct front_options options = {
        .name = "door",
        .listen = &config.door,
        .core_socket = core_socket,
        .client_ca = config.operator_ca,
        .body_size_bytes_max = IPC_OPERATOR_BODY_SIZE_BYTES_MAX,
        .problem_content = IPC_CONTENT_JSON_PROBLEM,
        .handle = handle,
        .problem = write_problem,
    };
    process_name(options.name);
    process_harden();
    front_arguments(argument_count, arguments, &config, &options.listen_fd, &options.ready_fd);
    snprintf(core_socket, sizeof core_socket, "%s/door.sock", config.run_dir);
    front_run(&options);
    return 0;
}
