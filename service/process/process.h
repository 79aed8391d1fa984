/* What every process of the service does the same way: log lines, readiness, small privileges, wall-clock time. */
#ifndef SERVICE_PROCESS_PROCESS_H
#define SERVICE_PROCESS_PROCESS_H

#include <stdint.h>

/* Names this process in its log lines; call it first. */
void process_name(const char *name);
/* One line on standard error: "core: message". */
__attribute__((format(printf, 1, 2))) void process_log(const char *format, ...);
/* As process_log, then exits with status 1. */
__attribute__((format(printf, 1, 2), noreturn)) void process_fail(const char *format, ...);
/* No new privileges by exec, no core dump and no debugger for a process that holds keys; SIGPIPE ignored. */
void process_harden(void);
/* Tells the supervisor that this process does its work now. ready_fd -1: nobody wants to know. */
void process_ready(int ready_fd);
/* Parses a descriptor number that the supervisor put on the command line; fails the process if it is not one. */
int process_descriptor(const char *text);
/* Seconds since 1970. */
uint64_t process_time_s(void);

#endif
