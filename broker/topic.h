/* Which topics are a device's. */
#ifndef BROKER_TOPIC_H
#define BROKER_TOPIC_H

#include <stdbool.h>

/* Is the topic, or a filter with wildcards, below devices/<ueid>/ ? */
bool topic_is_own(const char *topic, const char *ueid);

#endif
