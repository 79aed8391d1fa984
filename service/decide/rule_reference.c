#include <string.h>

#include "service/decide/rules.h"

static bool is_released(const struct measurement *measurement, const struct release_record *reference)
{
    return reference != NULL && reference->component == measurement->component &&
           reference->sequence == measurement->sequence &&
           memcmp(reference->digest.bytes, measurement->digest.bytes, SHA256_DIGEST_SIZE_BYTES) == 0 &&
           memcmp(reference->authority.bytes, measurement->authority.bytes, SHA256_DIGEST_SIZE_BYTES) == 0;
}

/* T-15: the ROM measured the monitor; what the monitor says of itself counts only if it is the same. */
static bool is_certified_monitor(const struct decide_input *input, const struct measurement *measurement)
{
    return measurement->sequence == input->identity.monitor_sequence &&
           memcmp(measurement->digest.bytes, input->identity.monitor_digest.bytes, SHA256_DIGEST_SIZE_BYTES) == 0;
}

struct error rule_reference(const struct decide_input *input)
{
    const struct evidence *evidence = &input->evidence;
    size_t count[COMPONENT_COUNT + 1] = {0};
    struct error component_error = ERROR_NONE;
    for (size_t index = 0; index < evidence->measurement_count; index++) {
        const struct measurement *measurement = &evidence->measurements[index];
        if (measurement->component < COMPONENT_MONITOR || measurement->component > COMPONENT_APP) {
            return ERROR(CHECKIN, UNKNOWN_COMPONENT);
        }
        count[measurement->component]++;
        bool is_known = is_released(measurement, input->references[index]);
        if (measurement->component == COMPONENT_MONITOR) {
            if (!is_known || !is_certified_monitor(input, measurement)) {
                return ERROR(CHECKIN, UNKNOWN_MONITOR);
            }
        } else if (!is_known) {
            component_error = ERROR(CHECKIN, UNKNOWN_COMPONENT);
        }
    }
    if (count[COMPONENT_MONITOR] != 1) {
        return ERROR(CHECKIN, UNKNOWN_MONITOR);
    }
    if (count[COMPONENT_BASE] != 1 || count[COMPONENT_APP] > 1) {
        return ERROR(CHECKIN, UNKNOWN_COMPONENT);
    }
    return component_error;
}
