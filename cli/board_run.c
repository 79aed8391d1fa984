#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/board.h"
#include "cli/board_ports.h"
#include "cli/commands.h"
#include "cli/emulator/console.h"
#include "cli/emulator/lines.h"
#include "cli/emulator/qemu.h"
#include "cli/emulator/qmp.h"
#include "cli/text.h"
#include "device/abi/monitor_call.h"

/* A board that resets at once again and again is slowed down, so that it does not take the whole machine. */
#define RESET_PAUSE_MS_MAX 2000
#define BOOT_HEALTHY_MS 3000

/* One `board run`. */
struct session {
    const struct invocation *invocation;
    const char *name;
    struct file_path folder;
    int log;
    int signals;
    bool stop_requested;
    uint64_t boot_count;
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint16_t board_port_of_file(const char *path)
{
    struct buffer contents = {NULL, 0, 0};
    uint64_t port = 0;
    if (file_exists(path) && outcome_is_ok(file_read(path, 16, &contents))) {
        char *text = (char *)contents.data;
        text[strcspn(text, "\n")] = 0;
        if (!text_parse_uint(text, UINT16_MAX, &port)) {
            port = 0;
        }
        file_forget(&contents);
    }
    return (uint16_t)port;
}

/* One event, for a program (a line of JSON) or for a person. kind is "line", or what happened to the board. */
static void report(const struct session *session, const char *kind, const char *text, const char *meaning)
{
    int64_t time_ms = clock_ms(CLOCK_REALTIME);
    dprintf(session->log, "%" PRId64 ".%03d %s%s%s\n", time_ms / 1000, (int)(time_ms % 1000),
            strcmp(kind, "line") == 0 ? "" : "# ", text, "");
    if (session->invocation->format == OUTPUT_JSON) {
        json_t *event = json_pack("{s:f, s:s, s:s, s:s}", "time", (double)time_ms / 1000, "board", session->name,
                                  "event", kind, "text", text);
        if (meaning != NULL) {
            json_object_set_new(event, "meaning", json_string(meaning));
        }
        json_dumpf(event, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(event);
    } else if (strcmp(kind, "line") == 0) {
        printf("[%s] %s%s%s%s\n", session->name, text, meaning != NULL ? "  (" : "", meaning != NULL ? meaning : "",
               meaning != NULL ? ")" : "");
    } else {
        printf("[%s] -- %s\n", session->name, text);
    }
    fflush(stdout);
}

static void report_lines(const struct session *session, struct lines *lines)
{
    const char *line;
    while ((line = lines_next(lines)) != NULL) {
        char text[LINES_SIZE_BYTES_MAX + 1];
        struct error error;
        snprintf(text, sizeof text, "%s", line);
        text_clean(text);
        bool has_error = console_find_error(text, &error);
        report(session, "line", text, has_error ? error_text(error) : NULL);
    }
}

/* SIGINT, SIGTERM and SIGHUP end the session; SIGCHLD only wakes the loop. */
static int open_signals(void)
{
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGHUP);
    sigprocmask(SIG_BLOCK, &handled, NULL);
    return signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void note_signals(struct session *session)
{
    struct signalfd_siginfo info;
    while (read(session->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        session->stop_requested = true;
    }
}

static void note_events(struct lines *lines, enum qmp_stop *stop)
{
    const char *line;
    while ((line = lines_next(lines)) != NULL) {
        qmp_note_event(line, stop);
    }
}

/* Follows one boot until QEMU ends or a signal comes. */
static enum qmp_stop follow_boot(struct session *session, const struct qemu *qemu)
{
    enum qmp_stop stop = QMP_STOP_UNKNOWN;
    struct lines console;
    struct lines events;
    bool console_open = true;
    bool events_open = true;
    lines_init(&console);
    lines_init(&events);
    while (!session->stop_requested && (console_open || events_open)) {
        struct pollfd ready[] = {{console_open ? qemu->console : -1, POLLIN, 0},
                                 {events_open ? qemu->qmp : -1, POLLIN, 0},
                                 {session->signals, POLLIN, 0}};
        if (poll(ready, 3, -1) < 0 && errno != EINTR) {
            break;
        }
        if (ready[0].revents != 0) {
            console_open = lines_fill(&console, qemu->console);
            report_lines(session, &console);
        }
        if (ready[1].revents != 0) {
            events_open = lines_fill(&events, qemu->qmp);
            note_events(&events, &stop);
        }
        if (ready[2].revents != 0) {
            note_signals(session);
        }
    }
    return stop;
}

/* Waits, but not through a signal. */
static void pause_session(struct session *session, int pause_ms)
{
    struct pollfd ready = {session->signals, POLLIN, 0};
    if (pause_ms > 0 && poll(&ready, 1, pause_ms) > 0) {
        note_signals(session);
    }
}

/* Says why a boot ended. OK if the board is to be started again, as its reset circuit would. */
static struct outcome judge_stop(struct session *session, enum qmp_stop stop, int status)
{
    char words[256];
    qemu_last_words(session->folder.text, words, sizeof words);
    switch (stop) {
    case QMP_STOP_RESET:
        report(session, "reset", "the board reset itself", NULL);
        return OUTCOME_OK;
    case QMP_STOP_WATCHDOG:
        report(session, "watchdog", "the watchdog reset the board", NULL);
        return OUTCOME_OK;
    case QMP_STOP_HOST:
        report(session, "end", "the emulator was ended from outside", NULL);
        return outcome_refused("the emulator of '%s' was ended from outside", session->name);
    case QMP_STOP_UNKNOWN:
        break;
    }
    /* QEMU gives up when the CPU locks up; on a board the watchdog, which runs on, would reset it. */
    if (strstr(words, "ockup") != NULL) {
        report(session, "lockup", "the CPU locked up; the watchdog resets the board", NULL);
        return OUTCOME_OK;
    }
    report(session, "end", "the emulator ended unexpectedly", NULL);
    return outcome_refused("the emulator of '%s' ended unexpectedly (%s %d)%s%s", session->name,
                           WIFSIGNALED(status) ? "signal" : "status",
                           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                           words[0] != 0 ? ": " : "", words);
}

static void report_ports(const struct session *session, const struct qemu_launch *launch)
{
    for (size_t index = 0; index < launch->port_count; index++) {
        char text[64];
        snprintf(text, sizeof text, "port %u is 127.0.0.1:%u", launch->ports[index].device_port,
                 launch->ports[index].host_port);
        report(session, "port", text, NULL);
    }
}

static struct outcome run_boots(struct session *session, struct qemu_launch *launch)
{
    int pause_ms = 0;
    while (!session->stop_requested) {
        struct qemu qemu;
        int64_t started_ms = clock_ms(CLOCK_MONOTONIC);
        launch->temperature = board_temperature(&session->invocation->workspace, session->name);
        launch->contacts = board_contacts(&session->invocation->workspace, session->name);
        bool ports_changed = false;
        PROCEED(board_ports_find(&session->invocation->workspace, session->name, launch, &ports_changed));
        PROCEED(qemu_start(launch, &qemu));
        session->boot_count++;
        report(session, "power", session->boot_count == 1 ? "power on" : "boot", NULL);
        if (ports_changed) {
            report_ports(session, launch);
        }
        enum qmp_stop stop = follow_boot(session, &qemu);
        int status = qemu_stop(&qemu);
        if (session->stop_requested) {
            break;
        }
        PROCEED(judge_stop(session, stop, status));
        bool healthy = clock_ms(CLOCK_MONOTONIC) - started_ms >= BOOT_HEALTHY_MS;
        pause_ms = healthy ? 0 : pause_ms * 2 + 20;
        pause_ms = pause_ms > RESET_PAUSE_MS_MAX ? RESET_PAUSE_MS_MAX : pause_ms;
        pause_session(session, pause_ms);
    }
    report(session, "end", "power off", NULL);
    return OUTCOME_OK;
}

/* The port that is asked for, else the one that the workspace's own service or broker listens on. */
static struct outcome choose_port(const struct invocation *invocation, const char *option, const char *port_file,
                                  uint16_t *port)
{
    uint64_t number = 0;
    uint16_t own = board_port_of_file(workspace_path(&invocation->workspace, "%s", port_file).text);
    PROCEED(invocation_number(invocation, option, 0, UINT16_MAX, own, &number));
    *port = (uint16_t)number;
    return OUTCOME_OK;
}

struct outcome board_lock(const char *folder, const char *name, int *log)
{
    struct file_path path = file_path_join(folder, "uart.log");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int descriptor = open(path.text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return outcome_errno("%s cannot be written", path.text);
    }
    if (fcntl(descriptor, F_SETLK, &lock) != 0) {
        close(descriptor);
        return outcome_refused("the board '%s' is running already", name);
    }
    *log = descriptor;
    return OUTCOME_OK;
}

static struct outcome run_board_run(const struct invocation *invocation)
{
    struct session session = {.invocation = invocation, .name = invocation->positionals[0]};
    struct qemu_launch launch = {.guest_address = MONITOR_RENDEZVOUS_HOST};
    PROCEED(board_check_exists(&invocation->workspace, session.name));
    session.folder = workspace_path(&invocation->workspace, "boards/%s", session.name);
    launch.folder = session.folder.text;
    PROCEED(choose_port(invocation, "--service-port", "service/run/edge.port", &launch.service_port));
    PROCEED(choose_port(invocation, "--broker-port", "broker/port", &launch.broker_port));
    launch.steady = invocation_option(invocation, "--steady") != NULL;
    PROCEED(board_lock(session.folder.text, session.name, &session.log));
    session.signals = open_signals();
    if (launch.service_port == 0) {
        outcome_remark("the board finds no service: start 'sopris up' first, or give --service-port");
    }
    struct outcome outcome = run_boots(&session, &launch);
    close(session.signals);
    close(session.log);
    return outcome;
}

const struct command board_run_command = {
    .group = "board",
    .name = "run",
    .arguments = "NAME",
    .summary = "switch a board on and show its console",
    .help = "Runs an emulated board in QEMU until Ctrl-C: shows its console, explains error codes, starts it again after\n"
            "each reset or expired watchdog with a fresh random seed, and keeps everything in boards/NAME/uart.log.\n"
            "The board reaches the service and the broker of this machine and nothing else. TCP ports that its app serves\n"
            "are reached from this machine where the first lines say.\n\n"
            "  sopris board run kitchen\n\n"
            "Next: 'sopris device list' in another terminal, 'sopris board set kitchen --temperature 25'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_board_run,
    .options = {{"--steady", NULL, "count time in instructions, so that a busy machine does not disturb the board", false},
                {"--service-port", "PORT", "the service's port on 127.0.0.1 (default: that of this workspace)", false},
                {"--broker-port", "PORT", "the broker's port on 127.0.0.1 (default: that of this workspace)", false}},
};
