/* Check-in: the one conversation of device and service. POST /v1/checkin over server-authenticated TLS 1.3.
 *     request  = {1: evidence (COSE_Sign1), ? 2: [attestation certificate, DeviceID certificate, * intermediate] (DER),
 *                 ? 3: [+ update report], ? 4: failure report (formats/failure),
 *                 ? 5: [+ endpoint], ? 6: {1: release, 2: app, 3: control}}
 *     response = {1: answer (COSE_Sign1), 2: rest (bstr .cbor rest)}
 *     rest     = {? 1: operational certificate (DER), ? 2: [+ CA certificates (DER)], ? 3: [+ offer],
 *                 ? 4: [log, number]: failure records that the service has stored, ? 6: [+ key set]}
 *     offer    = {1: component, 2: sequence, 3: SHA-256 of the image file, 4: its size in bytes, ? 5: patch}
 *     patch    = {1: SHA-256 of the patch file, 2: its size in bytes, 3: SHA-256 of the image that it starts from}
 *     problem  = Concise Problem Details (RFC 9290): {-1: title, -2: detail, ? -70001: next challenge, -70002: error code}
 * Types: application/sopris-checkin+cbor, application/concise-problem-details+cbor.
 * Besides: GET /v1/claim/<UEID hex> gives an unclaimed device its claim bundle (application/sopris-claim+cbor):
 *     claim    = {1: voucher, 2: owner root certificate (DER), 3: control key set, 4: app key set}
 * GET /v1/image/<64 lower-case hex digits of that SHA-256> gives the image file: a slot, header block and image.
 * A patch (formats/patch) comes from the same place.
 * source  docs/protocol/checkin.md */
#ifndef FORMATS_CHECKIN_CHECKIN_H
#define FORMATS_CHECKIN_CHECKIN_H

#include "base/error.h"
#include "base/writer.h"
#include "crypto/sha256.h"
#include "formats/checkin/endpoint.h"
#include "formats/checkin/update_report.h"
#include "formats/failure/failure.h"
#include "formats/identity/identity.h"
#include "formats/token/evidence.h"

#define CHECKIN_REQUEST_SIZE_BYTES_MAX 4096
#define CHECKIN_RESPONSE_SIZE_BYTES_MAX 4096
#define CHECKIN_CERTIFICATE_COUNT_MAX 3
#define CHECKIN_OFFER_COUNT_MAX COMPONENT_COUNT
#define CHECKIN_KEYSET_COUNT_MAX 2
#define CLAIM_SIZE_BYTES_MAX 3072
#define PROBLEM_TITLE_SIZE_BYTES_MAX 64
#define PROBLEM_DETAIL_SIZE_BYTES_MAX 256

#define CHECKIN_PATH "/v1/checkin"
#define CLAIM_PATH_PREFIX "/v1/claim/"
#define IMAGE_PATH_PREFIX "/v1/image/"
#define CHECKIN_CONTENT_TYPE "application/sopris-checkin+cbor"
#define CLAIM_CONTENT_TYPE "application/sopris-claim+cbor"
#define PROBLEM_CONTENT_TYPE "application/concise-problem-details+cbor"
/* RFC 9266 exporter for the evidence's channel binding. */
#define CHECKIN_EXPORTER_LABEL "EXPORTER-Channel-Binding"
/* The name in the service's TLS certificate, whatever its address. */
#define SERVICE_TLS_NAME "service.sopris"
/* The name that devices ask for at the same address when they fetch images: a web server that has no part in check-ins
 * may have a certificate for it. */
#define IMAGES_TLS_NAME "images.sopris"

/* Generations of the key sets that this device goes by: floors for release and app images, and of the control set. */
struct checkin_generations {
    uint32_t release;
    uint32_t app;
    uint32_t control;
};

struct checkin_request {
    struct span evidence;
    size_t certificate_count; /* 0: the service knows this attestation key already */
    struct span certificates[CHECKIN_CERTIFICATE_COUNT_MAX];
    size_t report_count; /* at most one a component, in ascending order of components */
    struct update_report reports[UPDATE_REPORT_COUNT_MAX];
    struct span failures; /* a failure report; empty: none */
    size_t endpoint_count;
    struct endpoint endpoints[ENDPOINT_COUNT_MAX];
    bool has_generations;
    struct checkin_generations generations;
};

/* A shorter way to the same image, for a device that runs the base. */
struct checkin_patch {
    struct sha256_digest digest; /* of the patch file (formats/patch/patch.h) */
    uint32_t size_bytes;
    struct sha256_digest base_digest; /* of the image, as evidence has it */
};

/* An update that the service offers: where to fetch it and what must arrive. The device still verifies the signed
 * manifest inside; an offer alone starts no code. */
struct checkin_offer {
    enum component component;
    uint32_t sequence;
    struct sha256_digest file_digest; /* of the whole image file (device/abi/slot.h) */
    uint32_t file_size_bytes;
    bool has_patch;
    struct checkin_patch patch;
};

struct checkin_rest {
    struct span operational_certificate; /* empty: none */
    size_t ca_count;
    struct span ca_certificates[2];
    size_t offer_count; /* at most one a component, in ascending order of components */
    struct checkin_offer offers[CHECKIN_OFFER_COUNT_MAX];
    struct failure_ack failures; /* number 0: none */
    size_t keyset_count; /* new app or control key sets, each signed by the owner root */
    struct span keysets[CHECKIN_KEYSET_COUNT_MAX];
};

struct checkin_response {
    struct span answer;
    struct span rest; /* its SHA-256 is in the answer */
};

struct checkin_problem {
    struct span title;
    struct span detail;
    bool has_challenge;
    uint8_t challenge[CHALLENGE_SIZE_BYTES];
    uint32_t code; /* a coarse one of base/error_list.h */
};

struct claim {
    struct span voucher;
    struct span owner_certificate;
    struct span control_keyset;
    struct span app_keyset;
};

/* The parts that are signed objects of their own (evidence, answer, voucher, key sets) and the failure report are kept as raw CBOR items:
 * well-formed and deterministic, but read and verified only by their own parsers.
 * errors of all parsers  CBOR_*, CHECKIN_STRUCTURE, CHECKIN_SIZE; spans borrow from the input */
MUST_USE struct error checkin_request_parse(struct span input, struct checkin_request *out);
MUST_USE struct error checkin_request_encode(const struct checkin_request *request, struct writer *out);
MUST_USE struct error checkin_rest_parse(struct span input, struct checkin_rest *out);
MUST_USE struct error checkin_rest_encode(const struct checkin_rest *rest, struct writer *out);
MUST_USE struct error checkin_response_parse(struct span input, struct checkin_response *out);
MUST_USE struct error checkin_response_encode(const struct checkin_response *response, struct writer *out);
MUST_USE struct error checkin_problem_parse(struct span input, struct checkin_problem *out);
MUST_USE struct error checkin_problem_encode(const struct checkin_problem *problem, struct writer *out);
MUST_USE struct error claim_parse(struct span input, struct claim *out);
MUST_USE struct error claim_encode(const struct claim *claim, struct writer *out);

#endif
