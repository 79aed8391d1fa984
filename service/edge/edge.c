/* sopris-edge: faces devices. Holds its TLS key and nothing else; passes requests to the core, which believes none of
 * it but the device's own signature (T-18). */
#include <stdio.h>
#include <string.h>

#include "formats/checkin/checkin.h"
#include "service/edge/image.h"
#include "service/front/front.h"
#include "service/process/process.h"

static struct config config;

static void write_problem(struct error error, uint16_t status, struct writer *out)
{
    (void)status;
    const char *title = error_name(error);
    const char *detail = error_text(error);
    const struct checkin_problem problem = {
        .title = span_of(title, strlen(title)),
        .detail = span_of(detail, strlen(detail)),
        .code = error.code,
    };
    struct error encode_error = checkin_problem_encode(&problem, out);
    (void)encode_error; /* an empty body then; the status still says what is wrong */
}

static void handle_checkin(struct front *front, struct evhttp_request *request)
{
    struct ipc_request message = {.kind = IPC_CHECKIN, .body = front_body(request)};
    const char *type = evhttp_find_header(evhttp_request_get_input_headers(request), "Content-Type");
    if (type == NULL || strcmp(type, CHECKIN_CONTENT_TYPE) != 0) {
        front_refuse(front, request, 415, ERROR(CHECKIN, STRUCTURE));
        return;
    }
    /* It binds the evidence to this connection. */
    if (!front_channel_binding(request, message.channel_binding)) {
        front_refuse(front, request, 503, ERROR(CHECKIN, OVERLOADED));
        return;
    }
    front_forward(front, request, &message);
}

static int hex_value(char character)
{
    const char *digits = "0123456789abcdef";
    const char *found = character == '\0' ? NULL : strchr(digits, character);
    return found == NULL ? -1 : (int)(found - digits);
}

static bool parse_ueid(const char *text, struct ueid *out)
{
    if (strlen(text) != sizeof out->bytes * 2) {
        return false;
    }
    for (size_t index = 0; index < sizeof out->bytes; index++) {
        int high = hex_value(text[2 * index]);
        int low = hex_value(text[2 * index + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out->bytes[index] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void handle_claim(struct front *front, struct evhttp_request *request, const char *name)
{
    struct ipc_request message = {.kind = IPC_CLAIM};
    if (!parse_ueid(name, &message.ueid)) {
        front_refuse(front, request, 404, ERROR(CHECKIN, UNOWNED));
        return;
    }
    front_forward(front, request, &message);
}

static void handle_image(struct front *front, struct evhttp_request *request, const char *name)
{
    if (evhttp_request_get_command(request) == EVHTTP_REQ_POST) {
        front_refuse(front, request, 405, ERROR(CHECKIN, STRUCTURE));
    } else if (!image_answer(config.images_dir, name, request)) {
        front_refuse(front, request, 404, ERROR(STORE, NOT_FOUND));
    }
}

static void handle(struct front *front, struct evhttp_request *request)
{
    const char *path = evhttp_request_get_uri(request);
    bool is_post = evhttp_request_get_command(request) == EVHTTP_REQ_POST;
    if (strcmp(path, CHECKIN_PATH) == 0) {
        if (is_post) {
            handle_checkin(front, request);
        } else {
            front_refuse(front, request, 405, ERROR(CHECKIN, STRUCTURE));
        }
    } else if (strncmp(path, CLAIM_PATH_PREFIX, sizeof CLAIM_PATH_PREFIX - 1) == 0) {
        if (evhttp_request_get_command(request) != EVHTTP_REQ_GET) {
            front_refuse(front, request, 405, ERROR(CHECKIN, STRUCTURE));
        } else {
            handle_claim(front, request, path + sizeof CLAIM_PATH_PREFIX - 1);
        }
    } else if (strncmp(path, IMAGE_PATH_PREFIX, sizeof IMAGE_PATH_PREFIX - 1) == 0) {
        handle_image(front, request, path + sizeof IMAGE_PATH_PREFIX - 1);
    } else {
        front_refuse(front, request, 404, ERROR(CHECKIN, STRUCTURE));
    }
}

int main(int argument_count, char **arguments)
{
    char core_socket[CONFIG_PATH_SIZE_BYTES + 16];
    struct front_options options = {
        .name = "edge",
        .listen = &config.edge,
        .core_socket = core_socket,
        .body_size_bytes_max = CHECKIN_REQUEST_SIZE_BYTES_MAX,
        .answers_head = true,
        .problem_content = IPC_CONTENT_CBOR_PROBLEM,
        .handle = handle,
        .problem = write_problem,
    };
    process_name(options.name);
    process_harden();
    front_arguments(argument_count, arguments, &config, &options.listen_fd, &options.ready_fd);
    snprintf(core_socket, sizeof core_socket, "%s/edge.sock", config.run_dir);
    front_run(&options);
    return 0;
}
