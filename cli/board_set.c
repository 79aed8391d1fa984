/* The room around an emulated board. It does not change when the board resets. */
#include <jansson.h>
#include <stdio.h>
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

static struct file_path contacts_path(const struct workspace *workspace, const char *name)
{
    return workspace_path(workspace, "boards/%s/contacts", name);
}

/* "0,3" or "none". */
static bool parse_contacts(const char *text, uint8_t *contacts)
{
    uint32_t closed = 0;
    for (const char *part = text; strcmp(text, "none") != 0; part++) {
        if (part[0] < '0' || part[0] >= '0' + QMP_PIN_COUNT || (part[1] != ',' && part[1] != '\0')) {
            return false;
        }
        closed |= 1u << (part[0] - '0');
        part++;
        if (part[0] == '\0') {
            break;
        }
    }
    *contacts = (uint8_t)closed;
    return true;
}

uint8_t board_contacts(const struct workspace *workspace, const char *name)
{
    struct file_path path = contacts_path(workspace, name);
    struct buffer contents = {NULL, 0, 0};
    uint8_t contacts = 0;
    if (file_exists(path.text) && outcome_is_ok(file_read(path.text, 32, &contents))) {
        char *text = (char *)contents.data;
        text[strcspn(text, "\n")] = 0;
        if (!parse_contacts(text, &contacts)) {
            outcome_remark("%s does not name contacts; all are open", path.text);
        }
        file_forget(&contents);
    }
    return contacts;
}

/* Told to the emulator that runs now, if one does. value is stolen. */
static struct outcome tell(const struct file_path *folder, const char *path, const char *property, json_t *value)
{
    json_t *arguments = json_pack("{s:s, s:s, s:o}", "path", path, "property", property, "value", value);
    if (!file_exists(file_path_join(folder->text, "qmp.sock").text)) {
        json_decref(arguments);
        return OUTCOME_OK;
    }
    return qmp_command(folder->text, "qom-set", arguments);
}

static struct outcome set_temperature(const struct workspace *workspace, const char *name, const char *temperature)
{
    struct file_path folder = workspace_path(workspace, "boards/%s", name);
    int32_t milli_degrees = 0;
    if (!text_parse_milli(temperature, TEMPERATURE_MIN_MILLI, TEMPERATURE_MAX_MILLI, &milli_degrees)) {
        return outcome_usage("--temperature must be degrees Celsius from -55 to 125, such as 21.5");
    }
    PROCEED(file_write(temperature_path(workspace, name).text, span_of(temperature, strlen(temperature)), FILE_PUBLIC));
    return tell(&folder, QMP_SENSOR_PATH, "temperature", json_integer(milli_degrees));
}

static struct outcome set_contacts(const struct workspace *workspace, const char *name, const char *text)
{
    struct file_path folder = workspace_path(workspace, "boards/%s", name);
    uint8_t contacts = 0;
    if (!parse_contacts(text, &contacts)) {
        return outcome_usage("--contacts must be the contacts that are closed, such as 0,3, or none");
    }
    PROCEED(file_write(contacts_path(workspace, name).text, span_of(text, strlen(text)), FILE_PUBLIC));
    for (int contact = 0; contact < QMP_PIN_COUNT; contact++) {
        char property[8];
        snprintf(property, sizeof property, "led%d", QMP_CONTACT_FIRST + contact);
        PROCEED(tell(&folder, QMP_PINS_PATH, property, json_string((contacts >> contact & 1) != 0 ? "on" : "off")));
    }
    return OUTCOME_OK;
}

/* Kept for the boots to come, and set now. */
static struct outcome run_board_set(const struct invocation *invocation)
{
    const char *name = invocation->positionals[0];
    const char *temperature = invocation_option(invocation, "--temperature");
    const char *contacts = invocation_option(invocation, "--contacts");
    PROCEED(board_check_exists(&invocation->workspace, name));
    if (temperature == NULL && contacts == NULL) {
        return outcome_usage("give --temperature, --contacts or both");
    }
    if (temperature != NULL) {
        PROCEED(set_temperature(&invocation->workspace, name, temperature));
    }
    return contacts != NULL ? set_contacts(&invocation->workspace, name, contacts) : OUTCOME_OK;
}

const struct command board_set_command = {
    .group = "board",
    .name = "set",
    .arguments = "NAME",
    .summary = "set what a board senses: temperature, contacts",
    .help = "Sets the temperature at the sensor of an emulated board and which contacts at its input pins are closed, now\n"
            "and for its next boots.\n\n"
            "  sopris board set kitchen --temperature 21.5\n"
            "  sopris board set shop --contacts 0,2\n\n"
            "Next: the board's next reading shows it; 'sopris board show shop' shows what it switches.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_board_set,
    .options = {{"--temperature", "DEGREES", "degrees Celsius, from -55 to 125", false},
                {"--contacts", "LIST", "contacts that are closed, of 0 to 7: 0,3 or none", false}},
};

/* "0 2" for the pins of a property that are on; what the emulator does not say is off. */
static struct outcome describe_pins(const struct file_path *folder, int first, char *out, size_t capacity)
{
    size_t size = 0;
    out[0] = 0;
    for (int pin = 0; pin < QMP_PIN_COUNT; pin++) {
        char property[8];
        json_t *state = NULL;
        snprintf(property, sizeof property, "led%d", first + pin);
        PROCEED(qmp_query(folder->text, "qom-get",
                          json_pack("{s:s, s:s}", "path", QMP_PINS_PATH, "property", property), &state));
        if (json_is_string(state) && strcmp(json_string_value(state), "on") == 0) {
            size += (size_t)snprintf(out + size, capacity - size, "%s%d", size > 0 ? " " : "", pin);
        }
        json_decref(state);
    }
    return OUTCOME_OK;
}

static struct outcome run_board_show(const struct invocation *invocation)
{
    const char *name = invocation->positionals[0];
    struct file_path folder = workspace_path(&invocation->workspace, "boards/%s", name);
    char outputs[32];
    char contacts[32];
    PROCEED(board_check_exists(&invocation->workspace, name));
    PROCEED(describe_pins(&folder, 0, outputs, sizeof outputs));
    PROCEED(describe_pins(&folder, QMP_CONTACT_FIRST, contacts, sizeof contacts));
    json_t *ports = json_load_file(file_path_join(folder.text, "ports.json").text, 0, NULL);
    json_t *record = json_pack("{s:s, s:f, s:s, s:s, s:o}", "board", name, "temperature",
                               (double)board_temperature(&invocation->workspace, name) / 1000, "contacts closed",
                               contacts, "outputs on", outputs, "ports", ports != NULL ? ports : json_object());
    output_record(invocation->format, record);
    json_decref(record);
    return OUTCOME_OK;
}

const struct command board_show_command = {
    .group = "board",
    .name = "show",
    .arguments = "NAME",
    .summary = "show what a running board senses and switches",
    .help = "Shows the pins of an emulated board that runs: which contacts are closed, which outputs are on; and where on\n"
            "this machine the ports are that its app serves.\n\n"
            "  sopris board show shop\n\n"
            "Next: 'sopris board set shop --contacts 0' closes a contact.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_board_show,
};
