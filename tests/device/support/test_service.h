/* A scripted service: HTTP over test_server, one reply per request, in order. The codecs are the product's; what is
 * scripted is which reply comes. */
#ifndef TESTS_DEVICE_SUPPORT_TEST_SERVICE_H
#define TESTS_DEVICE_SUPPORT_TEST_SERVICE_H

#include "formats/checkin/checkin.h"
#include "tests/device/support/test_server.h"

#define TEST_SERVICE_REPLY_SIZE_BYTES_MAX 8192
#define TEST_SERVICE_REQUEST_COUNT_MAX 16

struct test_service_request {
    char line[160];                     /* "POST /v1/checkin HTTP/1.1" */
    char host[32];
    char range[48];                     /* "bytes=0-4095"; empty if none was asked for */
    uint8_t body[CHECKIN_REQUEST_SIZE_BYTES_MAX];
    size_t body_size;
    unsigned connection;                /* 1 for the first */
    uint8_t exporter[32];               /* of its connection */
};

struct test_service_reply {
    uint8_t bytes[TEST_SERVICE_REPLY_SIZE_BYTES_MAX];
    size_t size;
    bool hang_up; /* afterwards, without saying so */
};

struct test_service {
    struct test_server server;
    const struct test_service_reply *replies; /* used in order; the connection is dropped when they are used up */
    size_t reply_count;
    struct test_service_request requests[TEST_SERVICE_REQUEST_COUNT_MAX];
    atomic_size_t request_count;
};

void test_service_start(struct test_service *service, const struct test_pki *pki,
                        const struct test_service_reply *replies, size_t reply_count);
void test_service_stop(struct test_service *service);

/* Replies. */
void test_service_http(struct test_service_reply *reply, int status, const char *content_type, struct span body);
/* 206 with the bytes of file from first on; the reply ends as a whole or after sent_size bytes of the body. */
void test_service_range(struct test_service_reply *reply, struct span file, uint32_t first, uint32_t size,
                        uint32_t sent_size);
void test_service_problem(struct test_service_reply *reply, uint32_t code, const uint8_t *challenge);
void test_service_text(struct test_service_reply *reply, const char *text);

#endif
