/* What a program that was taken over could still do: nothing but its own work. Each try runs in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/symbol/sandbox.h"

#define SUCCEEDED 0
#define FAILED 1
#define NO_SANDBOX 2

static bool opens_a_file(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool makes_a_file(void)
{
    return open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600) >= 0;
}

static bool makes_a_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

static bool makes_a_process(void)
{
    return fork() >= 0;
}

static bool runs_a_program(void)
{
    execl("/bin/true", "true", (char *)NULL);
    return errno != EPERM;
}

static bool kills_its_parent(void)
{
    return kill(getppid(), 0) == 0;
}

static bool gets_memory_and_reads(void)
{
    char *memory = malloc(4 * 1024 * 1024);
    bool ok = memory != NULL && read(STDIN_FILENO, memory, 0) == 0;
    free(memory);
    return ok;
}

static int try(bool (*attempt)(void), bool with_sandbox)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (with_sandbox && !sandbox_enter()) {
            _exit(NO_SANDBOX);
        }
        _exit(attempt() ? SUCCEEDED : FAILED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void nothing_but_its_own_work_is_left(void **state)
{
    static bool (*const attempts[])(void) = {opens_a_file,    makes_a_file,   makes_a_socket,
                                             makes_a_process, runs_a_program, kills_its_parent};
    (void)state;
    for (size_t index = 0; index < sizeof attempts / sizeof attempts[0]; index++) {
        assert_int_equal(try(attempts[index], false), SUCCEEDED); /* without the sandbox it works: the try is a real one */
        assert_int_equal(try(attempts[index], true), FAILED);
    }
    assert_int_equal(try(gets_memory_and_reads, true), SUCCEEDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_but_its_own_work_is_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
