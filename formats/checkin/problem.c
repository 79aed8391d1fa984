#include "formats/cbor/cbor.h"
#include "formats/checkin/checkin.h"

/* RFC 9290 section 2; the two below -70000 are ours. */
#define PROBLEM_TITLE (-1)
#define PROBLEM_DETAIL (-2)
#define PROBLEM_CHALLENGE (-70001)
#define PROBLEM_CODE (-70002)

struct error checkin_problem_parse(struct span input, struct checkin_problem *out)
{
    struct checkin_problem problem = {0};
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, input);
    size_t entry_count = cbor_read_map(&cbor, 4);
    if (entry_count < 3) {
        cbor_reader_fail(&cbor, ERROR(CHECKIN, STRUCTURE));
    }
    cbor_expect_int(&cbor, PROBLEM_TITLE);
    problem.title = cbor_read_text_max(&cbor, PROBLEM_TITLE_SIZE_BYTES_MAX);
    cbor_expect_int(&cbor, PROBLEM_DETAIL);
    problem.detail = cbor_read_text_max(&cbor, PROBLEM_DETAIL_SIZE_BYTES_MAX);
    if (cbor_next_is_int(&cbor, PROBLEM_CHALLENGE)) {
        problem.has_challenge = true;
        cbor_read_bytes_into(&cbor, problem.challenge, CHALLENGE_SIZE_BYTES);
    }
    cbor_expect_int(&cbor, PROBLEM_CODE);
    problem.code = cbor_read_uint_max(&cbor, UINT32_MAX);
    if (entry_count != (problem.has_challenge ? 4 : 3)) {
        cbor_reader_fail(&cbor, ERROR(CHECKIN, STRUCTURE));
    }
    TRY(cbor_error_as(cbor_reader_finish(&cbor), ERROR(CHECKIN, STRUCTURE)));
    *out = problem;
    return ERROR_NONE;
}

struct error checkin_problem_encode(const struct checkin_problem *problem, struct writer *out)
{
    if (problem->title.size > PROBLEM_TITLE_SIZE_BYTES_MAX || problem->detail.size > PROBLEM_DETAIL_SIZE_BYTES_MAX) {
        return ERROR(CHECKIN, STRUCTURE);
    }
    cbor_write_map(out, problem->has_challenge ? 4 : 3);
    cbor_write_int(out, PROBLEM_TITLE);
    cbor_write_text(out, problem->title);
    cbor_write_int(out, PROBLEM_DETAIL);
    cbor_write_text(out, problem->detail);
    if (problem->has_challenge) {
        cbor_write_int(out, PROBLEM_CHALLENGE);
        cbor_write_bytes(out, SPAN_OF(problem->challenge));
    }
    cbor_write_int(out, PROBLEM_CODE);
    cbor_write_uint(out, problem->code);
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
