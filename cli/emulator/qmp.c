#include "cli/emulator/qmp.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/emulator/lines.h"

#define REPLY_TIMEOUT_S 10

void qmp_note_event(const char *line, enum qmp_stop *stop)
{
    json_t *message = json_loads(line, 0, NULL);
    const char *event = json_string_value(json_object_get(message, "event"));
    const char *reason = json_string_value(json_object_get(json_object_get(message, "data"), "reason"));
    if (event != NULL && strcmp(event, "WATCHDOG") == 0) {
        *stop = QMP_STOP_WATCHDOG;
    } else if (event != NULL && strcmp(event, "SHUTDOWN") == 0 && reason != NULL) {
        bool by_guest = strcmp(reason, "guest-reset") == 0;
        /* A watchdog is reported first and then as a reset: the first report is the telling one. */
        if (!by_guest) {
            *stop = QMP_STOP_HOST;
        } else if (*stop != QMP_STOP_WATCHDOG) {
            *stop = QMP_STOP_RESET;
        }
    }
    json_decref(message);
}

/* The path of a socket may have 107 bytes only; a descriptor of its folder makes any folder reachable. */
static int connect_in(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int folder_descriptor = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_descriptor < 0) {
        return -1;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/qmp.sock", folder_descriptor);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && connect(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(descriptor);
        descriptor = -1;
    }
    close(folder_descriptor);
    if (descriptor >= 0) {
        const struct timeval timeout = {.tv_sec = REPLY_TIMEOUT_S};
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    }
    return descriptor;
}

/* Reads messages until one is an answer; events in between are dropped. NULL when the connection or time is over. */
static json_t *read_answer(int descriptor, struct lines *lines, const char *key)
{
    for (;;) {
        const char *line;
        while ((line = lines_next(lines)) != NULL) {
            json_t *message = json_loads(line, 0, NULL);
            if (json_object_get(message, key) != NULL || json_object_get(message, "error") != NULL) {
                return message;
            }
            json_decref(message);
        }
        size_t size_before = lines->size - lines->taken;
        if (!lines_fill(lines, descriptor) || lines->size == size_before) {
            return NULL;
        }
    }
}

/* Sends a command and checks its answer. */
static struct outcome converse(int descriptor, struct lines *lines, const char *command, json_t *arguments,
                               json_t **result)
{
    json_t *message = json_pack("{s:s}", "execute", command);
    if (arguments != NULL) {
        json_object_set_new(message, "arguments", arguments);
    }
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    bool sent = text != NULL && send(descriptor, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text) &&
                send(descriptor, "\n", 1, MSG_NOSIGNAL) == 1;
    free(text);
    json_t *answer = sent ? read_answer(descriptor, lines, "return") : NULL;
    const char *refusal = json_string_value(json_object_get(json_object_get(answer, "error"), "desc"));
    struct outcome outcome = OUTCOME_OK;
    if (answer == NULL) {
        outcome = outcome_unreachable("the emulator does not answer");
    } else if (refusal != NULL) {
        outcome = outcome_refused("the emulator refused: %s", refusal);
    }
    if (outcome_is_ok(outcome) && result != NULL) {
        *result = json_incref(json_object_get(answer, "return"));
    }
    json_decref(answer);
    return outcome;
}

struct outcome qmp_command(const char *folder, const char *command, json_t *arguments)
{
    return qmp_query(folder, command, arguments, NULL);
}

struct outcome qmp_query(const char *folder, const char *command, json_t *arguments, json_t **result)
{
    struct lines lines;
    lines_init(&lines);
    int descriptor = connect_in(folder);
    if (descriptor < 0) {
        json_decref(arguments);
        return outcome_unreachable("the board is not running; start it with 'sopris board run'");
    }
    json_t *greeting = read_answer(descriptor, &lines, "QMP");
    struct outcome outcome = greeting != NULL ? converse(descriptor, &lines, "qmp_capabilities", NULL, NULL)
                                              : outcome_unreachable("the emulator does not answer");
    json_decref(greeting);
    if (outcome_is_ok(outcome)) {
        outcome = converse(descriptor, &lines, command, arguments, result);
    } else {
        json_decref(arguments);
    }
    close(descriptor);
    return outcome;
}
