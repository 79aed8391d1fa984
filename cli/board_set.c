/* The room around an emulated board. It does not change when the board resets. */
#include <jansson.h>
#include <string.h>

#include "cli/board.h"
#include "cli/commands.h"
#include "cli/emulator/qmp.h"
#include "cli/text.h"

/* The range of the sensor (TMP105 data sheet), and a room. */
#define TEMPERATURE_MIN_MILLI (-55000)
#define TEMPERATURE_MAX_MILLI 125000
#define TEMPERATURE_DEFAULT_MILLI 20000

static struct file_path temperature_path(const struct workspace *workspace, const char *name)
{
    return workspace_path(workspace, "boards/%s/temperature", name);
}

int32_t board_temperature(const struct workspace *workspace, const char *name)
{
    struct file_path path = temperature_path(workspace, name);
    struct buffer contents = {NULL, 0, 0};
    int32_t milli_degrees = TEMPERATURE_DEFAULT_MILLI;
    if (file_exists(path.text) && outcome_is_ok(file_read(path.text, 16, &contents))) {
        char *text = (char *)contents.data;
        text[strcspn(text, "\n")] = 0;
        if (!text_parse_milli(text, TEMPERATURE_MIN_MILLI, TEMPERATURE_MAX_MILLI, &milli_degrees)) {
            outcome_remark("%s is not a temperature; taking the default", path.text);
        }
        file_forget(&contents);
    }
    return milli_degrees;
}

static struct outcome run_board_set(const struct invocation *invocation)
{
    const char *name = invocation->positionals[0];
    const char *temperature = invocation_option(invocation, "--temperature");
    int32_t milli_degrees = 0;
    PROCEED(board_check_exists(&invocation->workspace, name));
    if (!text_parse_milli(temperature, TEMPERATURE_MIN_MILLI, TEMPERATURE_MAX_MILLI, &milli_degrees)) {
        return outcome_usage("--temperature must be degrees Celsius from -55 to 125, such as 21.5");
    }
    /* Kept for the boots to come, and told to the emulator that runs now, if one does. */
    PROCEED(file_write(temperature_path(&invocation->workspace, name).text, span_of(temperature, strlen(temperature)),
                       FILE_PUBLIC));
    struct file_path folder = workspace_path(&invocation->workspace, "boards/%s", name);
    if (!file_exists(file_path_join(folder.text, "qmp.sock").text)) {
        return OUTCOME_OK;
    }
    return qmp_command(folder.text, "qom-set",
                       json_pack("{s:s, s:s, s:i}", "path", QMP_SENSOR_PATH, "property", "temperature", "value",
                                 (int)milli_degrees));
}

const struct command board_set_command = {
    .group = "board",
    .name = "set",
    .arguments = "NAME",
    .summary = "set what a board's sensor measures",
    .help = "Sets the temperature at the sensor of an emulated board, now and for its next boots.\n\n"
            "  sopris board set kitchen --temperature 21.5\n\n"
            "Next: the board's next reading shows it.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_board_set,
    .options = {{"--temperature", "DEGREES", "degrees Celsius, from -55 to 125", true}},
};
