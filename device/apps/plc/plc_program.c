#include "device/apps/plc/plc_program.h"

static bool pump(const struct plc_image *image, bool on)
{
    bool start = (image->inputs & PLC_CONTACT_START) != 0 || (image->coils & PLC_COIL_START) != 0;
    bool stop = (image->inputs & (PLC_CONTACT_STOP | PLC_CONTACT_DRY)) != 0 || (image->coils & PLC_COIL_STOP) != 0;

    return !stop && (start || on);
}

static bool blink(const struct plc_image *image, uint32_t cycle)
{
    uint32_t half_period = image->settings[PLC_SETTING_BLINK_CYCLES];

    return half_period > 0 && cycle / half_period % 2 == 0;
}

uint8_t plc_program_cycle(const struct plc_image *image, uint32_t cycle, uint8_t outputs)
{
    uint32_t next = image->coils & PLC_COILS_OUTPUTS;

    next |= pump(image, (outputs & PLC_OUTPUT_PUMP) != 0) ? PLC_OUTPUT_PUMP : 0;
    next |= (image->inputs & PLC_CONTACT_DRY) != 0 ? PLC_OUTPUT_ALARM : 0;
    next |= blink(image, cycle) ? PLC_OUTPUT_BLINK : 0;
    return (uint8_t)next;
}
