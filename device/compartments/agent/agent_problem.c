#include "device/compartments/agent/agent_problem.h"

#include <string.h>

/* Codes are a module and an id. Nothing larger is taken: a peer that could name ERROR_CODE_NONE would turn its refusal
 * into a success. */
#define CODE_MAX 0xFFFFu
#define CODE_MIN 0x0100u

bool agent_problem_has_type(const struct http_response *response, const char *content_type)
{
    return span_equal(response->content_type, span_of(content_type, strlen(content_type)));
}

struct error agent_problem_read(const struct http_response *response, struct span body,
                                struct checkin_problem *problem)
{
    struct checkin_problem read;

    if (!agent_problem_has_type(response, PROBLEM_CONTENT_TYPE) ||
        !error_is_none(checkin_problem_parse(body, &read)) || read.code < CODE_MIN || read.code > CODE_MAX) {
        return ERROR(HTTP, STATUS);
    }
    *problem = read;
    return ERROR_NONE;
}

struct error agent_problem_error(const struct http_response *response, struct span body)
{
    struct checkin_problem problem;

    TRY(agent_problem_read(response, body, &problem));
    return (struct error){problem.code};
}
