/* Commands of the program: their description, from which help and the parsing of options come, and one call. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stddef.h>

#include "cli/output.h"
#include "cli/outcome.h"
#include "cli/workspace.h"

#define COMMAND_OPTION_COUNT_MAX 12
#define COMMAND_POSITIONAL_COUNT_MAX 16

struct command_option {
    const char *name;     /* "--owner" */
    const char *argument; /* "FILE"; NULL for a flag */
    const char *help;     /* one line */
    bool required;
};

struct invocation;

struct command {
    const char *group;     /* "maker", or NULL */
    const char *name;      /* "new" */
    const char *arguments; /* "NAME", "IMAGE...", or "" */
    const char *summary;   /* one line for the list of commands; NULL hides the command */
    const char *help;      /* what it does, an example, what to do next */
    size_t positional_min;
    size_t positional_max;
    struct outcome (*run)(const struct invocation *invocation);
    struct command_option options[COMMAND_OPTION_COUNT_MAX]; /* ends with the first that has no name */
};

struct invocation {
    const struct command *command;
    struct workspace workspace;
    enum output_format format;
    size_t positional_count;
    const char *positionals[COMMAND_POSITIONAL_COUNT_MAX];
    const char *options[COMMAND_OPTION_COUNT_MAX]; /* by index in the command; "" for a flag that is set */
};

/* Value of an option of the command, NULL if not given. The name must be one that the command declares. */
const char *invocation_option(const struct invocation *invocation, const char *name);
/* fallback if the option is not given; usage error unless it is a decimal number from min to max. */
MUST_USE struct outcome invocation_number(const struct invocation *invocation, const char *name, uint64_t min,
                                          uint64_t max, uint64_t fallback, uint64_t *value);
/* The option --rate: "N/min" or "N"; 0 if not given. */
MUST_USE struct outcome invocation_rate(const struct invocation *invocation, uint64_t *rate_per_minute);

/* All commands, in the order of the help. */
extern const struct command *const command_list[];
extern const size_t command_list_count;

/* The whole program but for its name: global options, command, options. */
MUST_USE struct outcome command_run(int argument_count, char **arguments);

#endif
