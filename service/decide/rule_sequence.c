#include "service/decide/rules.h"

struct error rule_sequence(const struct decide_input *input)
{
    const struct device_record *record = input->record;
    const struct evidence *evidence = &input->evidence;
    if (record == NULL || evidence->epoch > record->epoch) {
        return ERROR_NONE;
    }
    /* T-02: evidence that does not rise is a replay, or comes from a copy of the device or of its flash. */
    bool is_newer = evidence->boot_count > record->boot_count ||
                    (evidence->boot_count == record->boot_count && evidence->sequence > record->sequence);
    return is_newer ? ERROR_NONE : ERROR(EVIDENCE, SEQUENCE);
}
