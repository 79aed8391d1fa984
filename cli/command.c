#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "cli/text.h"

static const char *const usage_head =
    "sopris: makes, signs, manufactures, claims and watches devices.\n"
    "\n"
    "usage: sopris [-C DIR] [-o table|json] COMMAND ...\n"
    "  -C DIR         workspace folder (default: $SOPRIS_HOME, else ./sopris-work)\n"
    "  -o table|json  form of what is shown (default: table)\n"
    "  --help         help; also after a command\n"
    "\n"
    "commands:\n";

static const char *const usage_tail =
    "\n"
    "exit codes: 0 done, 1 refused or not found, 2 wrong command line, 3 service not reachable\n"
    "first steps: 'sopris maker new acme', then 'sopris up'; 'sopris COMMAND --help' says what comes next\n";

static size_t option_count(const struct command *command)
{
    size_t count = 0;
    while (count < COMMAND_OPTION_COUNT_MAX && command->options[count].name != NULL) {
        count++;
    }
    return count;
}

static void print_command_list(void)
{
    fputs(usage_head, stdout);
    for (size_t index = 0; index < command_list_count; index++) {
        const struct command *command = command_list[index];
        if (command->summary != NULL) {
            char title[64];
            snprintf(title, sizeof title, "%s%s%s %s", command->group != NULL ? command->group : "",
                     command->group != NULL ? " " : "", command->name, command->arguments);
            printf("  %-31s %s\n", title, command->summary);
        }
    }
    fputs(usage_tail, stdout);
}

static void print_command_help(const struct command *command)
{
    printf("usage: sopris %s%s%s%s%s%s\n\n%s\n", command->group != NULL ? command->group : "",
           command->group != NULL ? " " : "", command->name, command->arguments[0] != 0 ? " " : "",
           command->arguments, option_count(command) > 0 ? " [options]" : "", command->help);
    for (size_t index = 0; index < option_count(command); index++) {
        const struct command_option *option = &command->options[index];
        char title[48];
        snprintf(title, sizeof title, "%s %s", option->name, option->argument != NULL ? option->argument : "");
        printf("%s  %-22s %s%s\n", index == 0 ? "\noptions:\n" : "", title, option->help,
               option->required ? " (required)" : "");
    }
}

const char *invocation_option(const struct invocation *invocation, const char *name)
{
    size_t count = option_count(invocation->command);
    for (size_t index = 0; index < count; index++) {
        if (strcmp(invocation->command->options[index].name, name) == 0) {
            return invocation->options[index];
        }
    }
    ENSURE(false); /* the command asks for an option that it does not declare */
}

struct outcome invocation_number(const struct invocation *invocation, const char *name, uint64_t min, uint64_t max,
                                 uint64_t fallback, uint64_t *value)
{
    const char *text = invocation_option(invocation, name);
    uint64_t number = fallback;
    if (text != NULL && (!text_parse_uint(text, max, &number) || number < min)) {
        return outcome_usage("%s must be a number from %llu to %llu", name, (unsigned long long)min,
                             (unsigned long long)max);
    }
    *value = number;
    return OUTCOME_OK;
}

/* Arguments not used yet. */
struct arguments {
    int count;
    char **values;
};

static char *take(struct arguments *arguments)
{
    if (arguments->count == 0) {
        return NULL;
    }
    arguments->count--;
    return *arguments->values++;
}

/* -C, -o: valid before and after the command. taken says whether this was one of them. */
static struct outcome take_global_option(struct invocation *invocation, const char *name, struct arguments *rest,
                                         bool *taken)
{
    *taken = strcmp(name, "-C") == 0 || strcmp(name, "-o") == 0;
    if (!*taken) {
        return OUTCOME_OK;
    }
    const char *value = take(rest);
    if (value == NULL) {
        return outcome_usage("%s needs a value; see 'sopris --help'", name);
    }
    if (name[1] == 'C') {
        invocation->workspace = workspace_of(value);
        return OUTCOME_OK;
    }
    bool json = strcmp(value, "json") == 0;
    if (!json && strcmp(value, "table") != 0) {
        return outcome_usage("-o is 'table' or 'json', not '%s'", value);
    }
    invocation->format = json ? OUTPUT_JSON : OUTPUT_TABLE;
    return OUTCOME_OK;
}

/* An option of the command: --name VALUE, --name=VALUE or --flag. */
static struct outcome take_option(struct invocation *invocation, const char *name, struct arguments *rest)
{
    const char *equals = strchr(name, '=');
    size_t name_size = equals != NULL ? (size_t)(equals - name) : strlen(name);
    size_t count = option_count(invocation->command);
    for (size_t index = 0; index < count; index++) {
        const struct command_option *option = &invocation->command->options[index];
        if (strlen(option->name) != name_size || strncmp(option->name, name, name_size) != 0) {
            continue;
        }
        if (invocation->options[index] != NULL) {
            return outcome_usage("%s is given twice", option->name);
        }
        if ((option->argument == NULL) && (equals != NULL)) {
            return outcome_usage("%s takes no value", option->name);
        }
        const char *value = option->argument == NULL ? "" : equals != NULL ? equals + 1 : take(rest);
        if (value == NULL) {
            return outcome_usage("%s needs a value: %s", option->name, option->argument);
        }
        invocation->options[index] = value;
        return OUTCOME_OK;
    }
    return outcome_usage("there is no option %.*s here; add --help to see those there are", (int)name_size, name);
}

static struct outcome check_complete(const struct invocation *invocation)
{
    const struct command *command = invocation->command;
    if (invocation->positional_count < command->positional_min) {
        return outcome_usage("%s is missing; add --help to see an example", command->arguments);
    }
    size_t count = option_count(command);
    for (size_t index = 0; index < count; index++) {
        const struct command_option *option = &command->options[index];
        if (option->required && invocation->options[index] == NULL) {
            return outcome_usage("%s %s is missing: %s", option->name,
                                 option->argument != NULL ? option->argument : "", option->help);
        }
    }
    return OUTCOME_OK;
}

static struct outcome run_with_arguments(struct invocation *invocation, struct arguments rest)
{
    const char *argument;
    bool options_ended = false;
    while ((argument = take(&rest)) != NULL) {
        bool taken = false;
        if (!options_ended && (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)) {
            print_command_help(invocation->command);
            return OUTCOME_OK;
        }
        if (!options_ended && strcmp(argument, "--") == 0) {
            options_ended = true;
            continue;
        }
        if (!options_ended) {
            PROCEED(take_global_option(invocation, argument, &rest, &taken));
        }
        if (taken) {
            continue;
        }
        if (!options_ended && argument[0] == '-' && argument[1] != 0) {
            PROCEED(take_option(invocation, argument, &rest));
        } else if (invocation->positional_count == invocation->command->positional_max) {
            return outcome_usage("'%s' is one argument too many; add --help to see an example", argument);
        } else {
            invocation->positionals[invocation->positional_count++] = argument;
        }
    }
    PROCEED(check_complete(invocation));
    return invocation->command->run(invocation);
}

static struct outcome find_command(const char *first, struct arguments *rest, const struct command **found)
{
    bool group_exists = false;
    for (size_t index = 0; index < command_list_count; index++) {
        const struct command *command = command_list[index];
        if (command->group == NULL && strcmp(command->name, first) == 0) {
            *found = command;
            return OUTCOME_OK;
        }
        if (command->group == NULL || strcmp(command->group, first) != 0) {
            continue;
        }
        group_exists = true;
        if (rest->count > 0 && strcmp(command->name, rest->values[0]) == 0) {
            take(rest);
            *found = command;
            return OUTCOME_OK;
        }
    }
    if (!group_exists) {
        return outcome_usage("there is no command '%s'; 'sopris --help' lists them", first);
    }
    if (rest->count > 0 && rest->values[0][0] != '-') {
        return outcome_usage("there is no command '%s %s'; 'sopris --help' lists them", first, rest->values[0]);
    }
    return outcome_usage("'%s' needs a second word; 'sopris --help' lists them", first);
}

struct outcome command_run(int argument_count, char **arguments)
{
    struct arguments rest = {argument_count, arguments};
    struct invocation invocation = {.workspace = workspace_of(NULL)};
    const char *argument;
    while ((argument = take(&rest)) != NULL) {
        bool taken = false;
        PROCEED(take_global_option(&invocation, argument, &rest, &taken));
        if (taken) {
            continue;
        }
        if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0 || strcmp(argument, "help") == 0) {
            print_command_list();
            return OUTCOME_OK;
        }
        if (argument[0] == '-') {
            return outcome_usage("there is no option %s; see 'sopris --help'", argument);
        }
        PROCEED(find_command(argument, &rest, &invocation.command));
        return run_with_arguments(&invocation, rest);
    }
    print_command_list();
    return (struct outcome){EXIT_CODE_USAGE};
}

#define RATE_SUFFIX "/min"

struct outcome invocation_rate(const struct invocation *invocation, uint64_t *rate_per_minute)
{
    const char *text = invocation_option(invocation, "--rate");
    char digits[16];
    *rate_per_minute = 0;
    if (text == NULL) {
        return OUTCOME_OK;
    }
    size_t size = strlen(text);
    size_t suffix = sizeof RATE_SUFFIX - 1;
    if (size > suffix && strcmp(text + size - suffix, RATE_SUFFIX) == 0) {
        size -= suffix;
    }
    snprintf(digits, sizeof digits, "%.*s", size < sizeof digits ? (int)size : 0, text);
    if (!text_parse_uint(digits, 1000000, rate_per_minute) || *rate_per_minute == 0) {
        return outcome_usage("--rate is a number of devices a minute, such as 10/min");
    }
    return OUTCOME_OK;
}
