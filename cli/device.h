/* What the commands about devices share. */
#ifndef CLI_DEVICE_H
#define CLI_DEVICE_H

#include <jansson.h>

#include "cli/outcome.h"
#include "cli/workspace.h"
#include "formats/identity/identity.h"

#define DEVICE_UEID_TEXT_SIZE_BYTES UEID_TEXT_SIZE_BYTES

/* The whole UEID from the name of a board of this workspace, or the first digits of a UEID that the service knows. */
MUST_USE struct outcome device_find(const struct workspace *workspace, const char *wanted,
                                    char ueid[DEVICE_UEID_TEXT_SIZE_BYTES]);
/* Replaces a time in seconds by one for people. */
void device_soften_time(json_t *record, const char *key);

#endif
