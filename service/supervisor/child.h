/* One supervised process: started, watched, started again after a pause that doubles while it keeps dying. */
#ifndef SERVICE_SUPERVISOR_CHILD_H
#define SERVICE_SUPERVISOR_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_DESCRIPTOR_COUNT_MAX 2

struct child {
    char name[16];
    const char *program; /* full path */
    const char *config_path;
    const char *user; /* "": stay who we are */
    /* Descriptors handed down, each as the option's value. */
    struct {
        const char *option;
        int fd;
    } descriptors[CHILD_DESCRIPTOR_COUNT_MAX];
    /* State. */
    pid_t pid;       /* 0: not running */
    int ready_fd;    /* -1: none to read from */
    bool is_ready;   /* it said so since its last start */
    bool was_ready;  /* it said so at least once */
    uint64_t start_ms;
    uint64_t restart_ms; /* when to start it again; 0: now */
    uint32_t backoff_ms;
};

uint64_t child_time_ms(void);
/* Starts it. Failure to do so counts as an immediate death. */
void child_start(struct child *child);
/* Notes its death: logs it and sets the time of the next start. wait_status as of waitpid. */
void child_died(struct child *child, int wait_status);
/* Reads the readiness pipe after poll said that there is something. */
void child_read_ready(struct child *child);
/* The user and group of a user name; false if there is none. */
bool child_user(const char *name, uid_t *user, gid_t *group);
/* For the new process: becomes the user for good and ties its life to the parent's. Fails the process otherwise. */
void child_become(const char *user, pid_t parent);

#endif
