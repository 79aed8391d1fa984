/* The operators' entrance of the service, seen from outside: JSON over HTTPS with the operator's certificate
 * (docs/protocol/operator-api.md). */
#ifndef CLI_DOOR_H
#define CLI_DOOR_H

#include <jansson.h>

#include "cli/command.h"

/* The name in the door's TLS certificate, whatever its address. */
#define DOOR_TLS_NAME "door.sopris"
/* Who acts: $SOPRIS_OPERATOR, else this one, the first that 'sopris up' makes. */
#define DOOR_OPERATOR_DEFAULT "admin"

/* The operator that this command acts for. */
const char *door_operator(void);
/* One request; one that changes something is signed with the operator's key. The caller frees *reply (json_decref).
 * body  stolen; NULL for a GET
 * A problem of the service is printed with its own sentence and refused; no answer at all is "unreachable". */
MUST_USE struct outcome door_request(const struct workspace *workspace, const char *path, json_t *body,
                                     json_t **reply);

#endif
