/* soprisd: makes the sockets, starts core, edges and door, keeps them running, stops them together. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/config/config.h"
#include "service/process/process.h"
#include "service/supervisor/child.h"
#include "service/supervisor/listen.h"

#define CHILD_COUNT_MAX (CONFIG_EDGE_WORKER_COUNT_MAX + 2)
#define STOP_TIMEOUT_MS 5000

struct supervisor {
    struct config config;
    const char *config_path;
    char core_program[PATH_MAX];
    char edge_program[PATH_MAX];
    char door_program[PATH_MAX];
    struct child children[CHILD_COUNT_MAX];
    size_t child_count;
    uint16_t edge_port;
    uint16_t door_port;
    bool said_ready;
    bool failed;
};

static struct supervisor supervisor;

static const char usage[] =
    "usage: soprisd --config FILE\n"
    "       soprisd --config FILE --bootstrap-operator NAME CERTIFICATE.pem\n"
    "Runs the service in the foreground until SIGTERM; prints 'ready' when it listens.\n"
    "The second form enters the first admin into the database; do it before the first start.\n";

/* The other programs lie beside this one, or in ../libexec/sopris once installed. */
static void find_program(const char *name, char out[PATH_MAX])
{
    char self[PATH_MAX - 64];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0) {
        process_fail("cannot find my own program: %s", strerror(errno));
    }
    self[size] = '\0';
    const char *folder = dirname(self);
    snprintf(out, PATH_MAX, "%s/%s", folder, name);
    if (access(out, X_OK) != 0) {
        snprintf(out, PATH_MAX, "%s/../libexec/sopris/%s", folder, name);
    }
    if (access(out, X_OK) != 0) {
        process_fail("cannot find %s beside soprisd or in ../libexec/sopris", name);
    }
}

static uid_t owner_of(const char *user)
{
    uid_t uid = (uid_t)-1;
    gid_t gid;
    if (user[0] != '\0' && geteuid() == 0 && !child_user(user, &uid, &gid)) {
        process_fail("there is no user '%s'; make it or change 'users' in the configuration", user);
    }
    return uid;
}

/* The run folder, for this instance alone. */
static void make_run_dir(void)
{
    const char *run_dir = supervisor.config.run_dir;
    bool is_shared = supervisor.config.edge_user[0] != '\0' && geteuid() == 0;
    if (mkdir(run_dir, 0700) != 0 && errno != EEXIST) {
        process_fail("cannot make the run folder %s: %s", run_dir, strerror(errno));
    }
    if (chmod(run_dir, is_shared ? 0711 : 0700) != 0) {
        process_fail("cannot use the run folder %s: %s", run_dir, strerror(errno));
    }
    char path[CONFIG_PATH_SIZE_BYTES + 32];
    snprintf(path, sizeof path, "%s/soprisd.lock", run_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
        process_fail("another soprisd uses %s; stop it first", run_dir);
    }
}

/* Processes of one user can read each other's keys and open each other's sockets (threats T-18, T-19). */
static void say_who_is_apart(void)
{
    const struct config *config = &supervisor.config;
    bool named = config->edge_user[0] != '\0' && config->door_user[0] != '\0' &&
                 strcmp(config->edge_user, config->core_user) != 0 && strcmp(config->door_user, config->core_user) != 0 &&
                 strcmp(config->edge_user, config->door_user) != 0;
    if (geteuid() != 0 || !named) {
        process_log("edge, door and core run as one user, so one that is broken into has the keys of all; for more than "
                    "a trial start soprisd as root and name three users in 'users'");
    }
}

/* A folder that the core writes. */
static void make_dir(const char *path, mode_t mode)
{
    uid_t owner = owner_of(supervisor.config.core_user);
    if (mkdir(path, mode) == 0) {
        if (chmod(path, mode) != 0 || (owner != (uid_t)-1 && chown(path, owner, (gid_t)-1) != 0)) {
            process_fail("cannot give the folder %s to the core: %s", path, strerror(errno));
        }
    } else if (errno != EEXIST) {
        process_fail("cannot make the folder %s: %s", path, strerror(errno));
    }
}

static int make_unix_listener(const char *name, const char *user)
{
    char path[CONFIG_PATH_SIZE_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s", supervisor.config.run_dir, name);
    int fd = listen_unix(path, owner_of(user));
    if (fd < 0) {
        process_fail("cannot listen on %s: %s", path, strerror(errno));
    }
    return fd;
}

static int make_tcp_listener(const struct config_listen *listen, const char *name, uint16_t *port)
{
    int fd = listen_tcp(listen->address, listen->port, port);
    if (fd < 0) {
        process_fail("cannot listen on %s port %u for the %s: %s", listen->address, (unsigned int)listen->port, name,
                     strerror(errno));
    }
    char path[CONFIG_PATH_SIZE_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s.port", supervisor.config.run_dir, name);
    if (!listen_write_port(path, *port)) {
        process_fail("cannot write %s: %s", path, strerror(errno));
    }
    return fd;
}

static struct child *add_child(const char *name, const char *program, const char *user, const char *option, int fd)
{
    struct child *child = &supervisor.children[supervisor.child_count++];
    *child = (struct child){.program = program, .config_path = supervisor.config_path, .user = user, .ready_fd = -1};
    snprintf(child->name, sizeof child->name, "%s", name);
    child->descriptors[0].option = option;
    child->descriptors[0].fd = fd;
    return child;
}

static void plan_children(void)
{
    const struct config *config = &supervisor.config;
    int edge_fd = make_tcp_listener(&config->edge, "edge", &supervisor.edge_port);
    int door_fd = make_tcp_listener(&config->door, "door", &supervisor.door_port);
    struct child *core = add_child("core", supervisor.core_program, config->core_user, "--edge-socket",
                                   make_unix_listener("edge.sock", config->edge_user));
    core->descriptors[1].option = "--door-socket";
    core->descriptors[1].fd = make_unix_listener("door.sock", config->door_user);
    for (uint32_t index = 0; index < config->edge_worker_count; index++) {
        char name[16];
        snprintf(name, sizeof name, "edge %u", (unsigned int)index + 1);
        add_child(name, supervisor.edge_program, config->edge_user, "--listen", edge_fd);
    }
    add_child("door", supervisor.door_program, config->door_user, "--listen", door_fd);
}

static void reap(bool is_stopping)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t index = 0; index < supervisor.child_count; index++) {
            struct child *child = &supervisor.children[index];
            if (child->pid != pid) {
                continue;
            }
            if (is_stopping) {
                child->pid = 0;
            } else {
                child_died(child, status);
                /* Before the service was ever ready, trying again does not help: keys or configuration are wrong. */
                supervisor.failed = supervisor.failed || (!supervisor.said_ready && !child->was_ready);
            }
        }
    }
}

static void say_ready(void)
{
    for (size_t index = 0; index < supervisor.child_count; index++) {
        if (!supervisor.children[index].is_ready) {
            return;
        }
    }
    supervisor.said_ready = true;
    printf("ready edge=%s:%u door=%s:%u\n", supervisor.config.edge.address, (unsigned int)supervisor.edge_port,
           supervisor.config.door.address, (unsigned int)supervisor.door_port);
    fflush(stdout);
}

/* Starts what is due; returns the time until the next is due, or -1. */
static int start_due(void)
{
    int timeout_ms = -1;
    uint64_t now_ms = child_time_ms();
    for (size_t index = 0; index < supervisor.child_count; index++) {
        struct child *child = &supervisor.children[index];
        if (child->pid != 0) {
            continue;
        }
        if (child->restart_ms <= now_ms) {
            child_start(child);
            continue;
        }
        int wait_ms = (int)(child->restart_ms - now_ms);
        timeout_ms = timeout_ms < 0 || wait_ms < timeout_ms ? wait_ms : timeout_ms;
    }
    return timeout_ms;
}

/* One round of waiting. Returns the stopping signal that came, or 0. */
static int wait_for_events(int signal_fd, int timeout_ms)
{
    struct pollfd polls[CHILD_COUNT_MAX + 1] = {{.fd = signal_fd, .events = POLLIN}};
    for (size_t index = 0; index < supervisor.child_count; index++) {
        polls[index + 1] = (struct pollfd){.fd = supervisor.children[index].ready_fd, .events = POLLIN};
    }
    if (poll(polls, supervisor.child_count + 1, timeout_ms) <= 0) {
        return 0;
    }
    for (size_t index = 0; index < supervisor.child_count; index++) {
        if (polls[index + 1].revents != 0) {
            child_read_ready(&supervisor.children[index]);
        }
    }
    struct signalfd_siginfo info;
    int stop_signal = 0;
    while (read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        stop_signal = info.ssi_signo == SIGCHLD ? stop_signal : (int)info.ssi_signo;
    }
    return stop_signal;
}

static bool any_running(void)
{
    for (size_t index = 0; index < supervisor.child_count; index++) {
        if (supervisor.children[index].pid != 0) {
            return true;
        }
    }
    return false;
}

static void signal_all(int signal_number)
{
    for (size_t index = 0; index < supervisor.child_count; index++) {
        if (supervisor.children[index].pid != 0) {
            kill(supervisor.children[index].pid, signal_number);
        }
    }
}

static void stop_all(int signal_fd)
{
    uint64_t end_ms = child_time_ms() + STOP_TIMEOUT_MS;
    signal_all(SIGTERM);
    for (reap(true); any_running() && child_time_ms() < end_ms; reap(true)) {
        (void)wait_for_events(signal_fd, 100);
    }
    signal_all(SIGKILL);
    process_log("stopped");
}

static int run(void)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGHUP);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    int signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_fd < 0) {
        process_fail("cannot watch signals: %s", strerror(errno));
    }
    int stop_signal = 0;
    while (stop_signal == 0 && !supervisor.failed) {
        stop_signal = wait_for_events(signal_fd, start_due());
        reap(false);
        if (!supervisor.said_ready) {
            say_ready();
        }
    }
    if (supervisor.failed) {
        process_log("the service could not start; see the lines above");
    }
    stop_all(signal_fd);
    return supervisor.failed ? 1 : 0;
}

/* The core alone writes the database, so it enters the operator, as its own user. */
__attribute__((noreturn)) static void bootstrap(char *name, char *certificate_path)
{
    char *arguments[] = {supervisor.core_program, "--config", (char *)supervisor.config_path, "--bootstrap-operator",
                         name, certificate_path, NULL};
    child_become(supervisor.config.core_user, getppid());
    execv(supervisor.core_program, arguments);
    process_fail("cannot start %s: %s", supervisor.core_program, strerror(errno));
}

int main(int argument_count, char **arguments)
{
    process_name("soprisd");
    bool is_bootstrap = argument_count == 6 && strcmp(arguments[3], "--bootstrap-operator") == 0;
    if ((argument_count != 3 && !is_bootstrap) || strcmp(arguments[1], "--config") != 0) {
        fputs(usage, stderr);
        return 2;
    }
    char message[256];
    supervisor.config_path = arguments[2];
    if (!config_load(arguments[2], &supervisor.config, message, sizeof message)) {
        process_fail("%s: %s", arguments[2], message);
    }
    find_program("sopris-core", supervisor.core_program);
    find_program("sopris-edge", supervisor.edge_program);
    find_program("sopris-door", supervisor.door_program);
    if (is_bootstrap) {
        bootstrap(arguments[4], arguments[5]);
    }
    make_run_dir();
    make_dir(supervisor.config.images_dir, 0755); /* edges, or any web server, read it */
    make_dir(supervisor.config.symbols_dir, 0700);
    say_who_is_apart();
    plan_children();
    return run();
}
