/* A process that does one piece of work for the core and says the outcome in a line or two. */
#ifndef SERVICE_CORE_WORKER_H
#define SERVICE_CORE_WORKER_H

#include <limits.h>
#include <sys/types.h>

/* Path of a program that lies beside this one; empty if there is none. */
void worker_find(const char *name, char out[PATH_MAX]);
/* Starts it with standard error, a pipe for its output, and no other descriptor, no signal mask and no environment.
 * Returns the pipe's end, which does not block; -1 if it could not be started. */
int worker_spawn(const char *program, char *const arguments[], pid_t *pid);
/* Ends it, if it has not ended. */
void worker_end(pid_t pid);

#endif
