#include "service/edge/image.h"

#include <event2/buffer.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/config/config.h"
#include "service/edge/image_range.h"
#include "service/process/process.h"

#define ETAG_SIZE_BYTES (64 + 3)

/* O_NOFOLLOW and S_ISREG: whoever can write into the folder still cannot make the edge show another file. */
static int open_image(const char *images_dir, const char *name, uint64_t *size_bytes)
{
    char path[CONFIG_PATH_SIZE_BYTES + 80];
    struct stat info;
    if (!image_name_is_valid(name)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/%s", images_dir, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= 0)) {
        close(fd);
        return -1;
    }
    *size_bytes = fd >= 0 ? (uint64_t)info.st_size : 0;
    return fd;
}

static void add_headers(struct evkeyvalq *headers, const char *etag)
{
    evhttp_add_header(headers, "ETag", etag);
    evhttp_add_header(headers, "Accept-Ranges", "bytes");
    evhttp_add_header(headers, "Cache-Control", "public, max-age=31536000, immutable");
}

/* RFC 9110 13.1.5: with If-Range for something else than this file, the range does not count. */
static struct image_range wanted_range(struct evhttp_request *request, const char *etag, uint64_t size_bytes)
{
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    const char *condition = evhttp_find_header(headers, "If-Range");
    bool counts = condition == NULL || strcmp(condition, etag) == 0;
    return image_range_parse(counts ? evhttp_find_header(headers, "Range") : NULL, size_bytes);
}

/* The file is mapped, not read: TLS takes 16 KiB at a time as the peer takes them, and nothing is copied for a peer that
 * is slow. Files here never change once they have their name, so that a mapping cannot lose its end. */
static void send_range(struct evhttp_request *request, int fd, const struct image_range *range, uint64_t size_bytes)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *output = evbuffer_new();
    struct evbuffer_file_segment *segment =
        evbuffer_file_segment_new(fd, (ev_off_t)range->offset_bytes, (ev_off_t)range->size_bytes,
                                  EVBUF_FS_CLOSE_ON_FREE | EVBUF_FS_DISABLE_SENDFILE);
    if (output == NULL) {
        process_fail("out of memory");
    }
    if (segment == NULL || evbuffer_add_file_segment(output, segment, 0, -1) != 0) {
        /* The file has changed under its name, or the system has no room: this one request ends, the others go on. */
        process_log("an image file cannot be mapped");
        if (segment != NULL) {
            evbuffer_file_segment_free(segment);
        } else {
            close(fd);
        }
        evbuffer_free(output);
        evhttp_send_reply(request, 503, "Service Unavailable", NULL);
        return;
    }
    evbuffer_file_segment_free(segment); /* the buffer keeps its own reference */
    evhttp_add_header(headers, "Content-Type", "application/octet-stream");
    if (range->kind == IMAGE_RANGE_PART) {
        char text[80];
        snprintf(text, sizeof text, "bytes %llu-%llu/%llu", (unsigned long long)range->offset_bytes,
                 (unsigned long long)(range->offset_bytes + range->size_bytes - 1), (unsigned long long)size_bytes);
        evhttp_add_header(headers, "Content-Range", text);
        evhttp_send_reply(request, 206, "Partial Content", output);
    } else {
        evhttp_send_reply(request, 200, "OK", output);
    }
    evbuffer_free(output);
}

static void send_unsatisfiable(struct evhttp_request *request, uint64_t size_bytes)
{
    char text[48];
    snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size_bytes);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Range", text);
    evhttp_send_reply(request, 416, "Range Not Satisfiable", NULL);
}

/* RFC 9110 9.3.2 and 14.2: what a GET of the whole file would say, without it; a range means nothing here. */
static void send_head(struct evhttp_request *request, uint64_t size_bytes)
{
    char text[24];
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    snprintf(text, sizeof text, "%llu", (unsigned long long)size_bytes);
    evhttp_add_header(headers, "Content-Type", "application/octet-stream");
    evhttp_add_header(headers, "Content-Length", text);
    evhttp_send_reply(request, 200, "OK", NULL);
}

bool image_answer(const char *images_dir, const char *name, struct evhttp_request *request)
{
    char etag[ETAG_SIZE_BYTES];
    uint64_t size_bytes = 0;
    int fd = open_image(images_dir, name, &size_bytes);
    if (fd < 0) {
        return false;
    }
    snprintf(etag, sizeof etag, "\"%s\"", name);
    add_headers(evhttp_request_get_output_headers(request), etag);
    const char *known = evhttp_find_header(evhttp_request_get_input_headers(request), "If-None-Match");
    struct image_range range = wanted_range(request, etag, size_bytes);
    if (known != NULL && strcmp(known, etag) == 0) {
        close(fd);
        evhttp_send_reply(request, 304, "Not Modified", NULL);
    } else if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD) {
        close(fd);
        send_head(request, size_bytes);
    } else if (range.kind == IMAGE_RANGE_UNSATISFIABLE) {
        close(fd);
        send_unsatisfiable(request, size_bytes);
    } else {
        send_range(request, fd, &range, size_bytes);
    }
    return true;
}
