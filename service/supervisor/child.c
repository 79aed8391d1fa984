#include "service/supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "service/process/process.h"

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 5000
#define HEALTHY_MS 10000

uint64_t child_time_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool child_user(const char *name, uid_t *user, gid_t *group)
{
    struct passwd *entry = getpwnam(name);
    if (entry == NULL) {
        return false;
    }
    *user = entry->pw_uid;
    *group = entry->pw_gid;
    return true;
}

void child_become(const char *user, pid_t parent)
{
    if (user[0] != '\0' && geteuid() == 0) {
        uid_t uid;
        gid_t gid;
        if (!child_user(user, &uid, &gid) || setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
            setresuid(uid, uid, uid) != 0) {
            process_fail("cannot become user '%s': %s", user, strerror(errno));
        }
    }
    /* After the change of user, which clears it. A parent that died before this line is noticed by the comparison. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        getppid() != parent) {
        process_fail("the supervisor is gone");
    }
}

/* In the new process: never returns. */
__attribute__((noreturn)) static void child_exec(const struct child *child, int ready_fd, pid_t parent)
{
    char numbers[CHILD_DESCRIPTOR_COUNT_MAX + 1][16];
    char *arguments[4 + 2 * (CHILD_DESCRIPTOR_COUNT_MAX + 1)] = {(char *)child->program, "--config",
                                                                (char *)child->config_path};
    size_t count = 3;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t index = 0; index <= CHILD_DESCRIPTOR_COUNT_MAX; index++) {
        bool is_ready = index == CHILD_DESCRIPTOR_COUNT_MAX;
        const char *option = is_ready ? "--ready" : child->descriptors[index].option;
        int fd = is_ready ? ready_fd : child->descriptors[index].fd;
        if (option == NULL) {
            continue;
        }
        if (fcntl(fd, F_SETFD, 0) != 0) {
            process_fail("cannot hand down a descriptor: %s", strerror(errno));
        }
        snprintf(numbers[index], sizeof numbers[index], "%d", fd);
        arguments[count++] = (char *)option;
        arguments[count++] = numbers[index];
    }
    child_become(child->user, parent);
    execv(child->program, arguments);
    process_fail("cannot start %s: %s", child->program, strerror(errno));
}

void child_start(struct child *child)
{
    int ready[2];
    child->is_ready = false;
    child->start_ms = child_time_ms();
    if (pipe2(ready, O_CLOEXEC | O_NONBLOCK) != 0) {
        process_log("%s cannot be started: %s", child->name, strerror(errno));
        child->restart_ms = child->start_ms + BACKOFF_MAX_MS;
        return;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        child_exec(child, ready[1], parent);
    }
    close(ready[1]);
    if (pid < 0) {
        process_log("%s cannot be started: %s", child->name, strerror(errno));
        close(ready[0]);
        child->restart_ms = child->start_ms + BACKOFF_MAX_MS;
        return;
    }
    child->pid = pid;
    child->ready_fd = ready[0];
    process_log("%s started, pid %d", child->name, (int)pid);
}

static void log_death(const struct child *child, int wait_status)
{
    if (WIFSIGNALED(wait_status)) {
        process_log("%s (pid %d) was killed by signal %d; starting it again in %u ms", child->name, (int)child->pid,
                    WTERMSIG(wait_status), child->backoff_ms);
    } else {
        process_log("%s (pid %d) ended with status %d; starting it again in %u ms", child->name, (int)child->pid,
                    WEXITSTATUS(wait_status), child->backoff_ms);
    }
}

void child_died(struct child *child, int wait_status)
{
    uint64_t now_ms = child_time_ms();
    if (child->backoff_ms == 0 || now_ms - child->start_ms >= HEALTHY_MS) {
        child->backoff_ms = BACKOFF_MIN_MS;
    } else if (child->backoff_ms < BACKOFF_MAX_MS) {
        child->backoff_ms *= 2;
    }
    log_death(child, wait_status);
    child->restart_ms = now_ms + child->backoff_ms;
    child->pid = 0;
    child->is_ready = false;
    if (child->ready_fd >= 0) {
        close(child->ready_fd);
        child->ready_fd = -1;
    }
}

void child_read_ready(struct child *child)
{
    char byte;
    if (read(child->ready_fd, &byte, 1) == 1) {
        child->is_ready = true;
        child->was_ready = true;
    }
    close(child->ready_fd);
    child->ready_fd = -1;
}
