#include "broker/topic.h"

#include <string.h>

#define PREFIX "devices/"

bool topic_is_own(const char *topic, const char *ueid)
{
    /* T-25: a device speaks and listens under its own name only. Wildcards come after the name, where they reach no
     * further. */
    size_t size = strlen(ueid);
    return strncmp(topic, PREFIX, strlen(PREFIX)) == 0 && strncmp(topic + strlen(PREFIX), ueid, size) == 0 &&
           topic[strlen(PREFIX) + size] == '/';
}
