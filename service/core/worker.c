#include "service/core/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/process/process.h"

#define NAME_SIZE_BYTES_MAX 32

void worker_find(const char *name, char out[PATH_MAX])
{
    char self[PATH_MAX - NAME_SIZE_BYTES_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    out[0] = '\0';
    if (size > 0) {
        self[size] = '\0';
        snprintf(out, PATH_MAX, "%s/%s", dirname(self), name);
    }
    if (access(out, X_OK) != 0) {
        out[0] = '\0';
    }
}

int worker_spawn(const char *program, char *const arguments[], pid_t *pid)
{
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int ends[2];
    sigset_t none;
    sigset_t all;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return -1;
    }
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    int result = posix_spawn(pid, program, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (result != 0) {
        process_log("%s cannot be started: %s", program, strerror(result));
        close(ends[0]);
        return -1;
    }
    return ends[0];
}

void worker_end(pid_t pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}
