/* What the agent says about updates at a check-in: what the monitor knows of each, and what was refused before the monitor
 * heard of it (a file that is not there, a header that cannot be read).
 * source  docs/protocol/checkin.md */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_REPORT_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_REPORT_H

#include "formats/checkin/checkin.h"

/* The offer came to nothing. An error that says nothing about the image (MONITOR_*) is no outcome. */
void agent_report_refused(const struct checkin_offer *offer, struct error error);
/* The offer was taken; what was refused of this component before is of the past. */
void agent_report_taken(enum component component);
/* Reports and generations of a request. A monitor that does not know the call leaves them out. */
void agent_report_fill(struct checkin_request *request);

#endif
