/* Refusals of the service. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_PROBLEM_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_PROBLEM_H

#include "device/compartments/agent/http_response.h"
#include "formats/checkin/checkin.h"

bool agent_problem_has_type(const struct http_response *response, const char *content_type);

/* The problem in a response that is not a success.
 * errors  HTTP_STATUS if it is no readable problem or has no code that could be one of ours */
MUST_USE struct error agent_problem_read(const struct http_response *response, struct span body,
                                         struct checkin_problem *problem);

/* The error that the response stands for: never none. */
MUST_USE struct error agent_problem_error(const struct http_response *response, struct span body);

#endif
