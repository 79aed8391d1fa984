/* sopris-door: the operators' entrance. Demands a client certificate and passes it to the core with the request; who
 * the operator is, what the role allows and whether the operator signed this is decided there (T-19). */
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "formats/operator/base64url.h"
#include "formats/operator/operator_command.h"
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

/* The operator command beside the request, as bytes; none leaves out empty, and the core says so. */
static struct error read_command(struct evhttp_request *request, struct writer *out)
{
    const char *text = evhttp_find_header(evhttp_request_get_input_headers(request), OPERATOR_COMMAND_HEADER);
    if (text == NULL) {
        return ERROR_NONE;
    }
    return error_is_none(base64url_decode(span_of(text, strlen(text)), out)) ? ERROR_NONE : ERROR(OPERATOR, COMMAND);
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
    uint8_t command[OPERATOR_COMMAND_SIZE_BYTES_MAX];
    struct writer command_writer;
    writer_init(&command_writer, command, sizeof command);
    struct error error = read_command(request, &command_writer);
    X509 *certificate = SSL_get0_peer_certificate(front_tls(request));
    unsigned char *der = NULL;
    int der_size = certificate == NULL ? 0 : i2d_X509(certificate, &der);
    if (der_size <= 0 || der_size > IPC_CERTIFICATE_SIZE_BYTES_MAX) {
        front_refuse(front, request, 403, ERROR(OPERATOR, UNKNOWN));
    } else if (message.path.size > IPC_PATH_SIZE_BYTES_MAX) {
        front_refuse(front, request, 404, ERROR(OPERATOR, NOT_FOUND));
    } else if (!error_is_none(error)) {
        front_refuse(front, request, 400, error);
    } else {
        message.command = writer_span(&command_writer);
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
