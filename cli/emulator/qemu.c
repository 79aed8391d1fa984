#include "cli/emulator/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/file.h"
#include "cli/emulator/qmp.h"
#include "cli/keys.h"
#include "device/abi/memory_map.h"

#define QEMU_PROGRAM "qemu-system-arm"
#define LOG_SIZE_BYTES_MAX 65536
#define NIC_SIZE_BYTES 2048
#define COMMANDS_SIZE_BYTES 4096
#define NUMBER(text) #text
#define ADDRESS(constant) NUMBER(constant)

/* 16 ns an instruction: 62.5 million a second. */
#define STEADY_TIME "shift=4"
/* The address that the board gives itself (device/compartments/net). */
#define GUEST_OWN_ADDRESS "10.0.2.15"

/* The three descriptors that the child gets; all others close on exec. */
struct child_ends {
    int console;
    int qmp;
    int log;
};

/* User networking that reaches the forwarded ports and nothing else. Each connection of the guest starts this program
 * as a relay: /proc/PID/exe needs no quoting and stays right when the program's file is replaced. */
static void describe_network(const struct qemu_launch *launch, pid_t own_pid, char out[NIC_SIZE_BYTES])
{
    int size = snprintf(out, NIC_SIZE_BYTES, "user,model=lan9118,restrict=on");
    const struct {
        int guest_port;
        uint16_t host_port;
    } forwards[] = {{QEMU_GUEST_SERVICE_PORT, launch->service_port}, {QEMU_GUEST_BROKER_PORT, launch->broker_port}};
    for (size_t index = 0; index < 2; index++) {
        if (forwards[index].host_port != 0) {
            size += snprintf(out + size, (size_t)(NIC_SIZE_BYTES - size),
                             ",guestfwd=tcp:%s:%d-cmd:/proc/%ld/exe relay 127.0.0.1 %u", launch->guest_address,
                             forwards[index].guest_port, (long)own_pid, forwards[index].host_port);
        }
    }
    /* What the board serves can be reached from this machine and from nowhere else. */
    for (size_t index = 0; index < launch->port_count; index++) {
        size += snprintf(out + size, (size_t)(NIC_SIZE_BYTES - size), ",hostfwd=tcp:127.0.0.1:%u-" GUEST_OWN_ADDRESS ":%u",
                         launch->ports[index].host_port, launch->ports[index].device_port);
    }
}

/* Sensor and contacts forget what they show at each start of the machine. */
static int write_first_commands(const struct qemu_launch *launch, char out[COMMANDS_SIZE_BYTES])
{
    int size = snprintf(out, COMMANDS_SIZE_BYTES,
                        "{\"execute\": \"qmp_capabilities\"}\n{\"execute\": \"qom-set\", \"arguments\": {\"path\": \""
                        QMP_SENSOR_PATH "\", \"property\": \"temperature\", \"value\": %d}}\n",
                        (int)launch->temperature);
    for (int contact = 0; contact < QMP_PIN_COUNT; contact++) {
        if ((launch->contacts >> contact & 1) != 0) {
            size += snprintf(out + size, (size_t)(COMMANDS_SIZE_BYTES - size),
                             "{\"execute\": \"qom-set\", \"arguments\": {\"path\": \"" QMP_PINS_PATH
                             "\", \"property\": \"led%d\", \"value\": \"on\"}}\n",
                             QMP_CONTACT_FIRST + contact);
        }
    }
    return size;
}

__attribute__((noreturn)) static void run_child(const struct qemu_launch *launch, const struct child_ends *ends,
                                                pid_t parent)
{
    char network[NIC_SIZE_BYTES];
    char qmp_descriptor[64];
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    describe_network(launch, parent, network);
    snprintf(qmp_descriptor, sizeof qmp_descriptor, "socket,id=events,fd=%d", ends->qmp);
    /* setpgid: Ctrl-C in the terminal is for the parent, which then ends QEMU in order. */
    bool ready = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && setpgid(0, 0) == 0 &&
                 chdir(launch->folder) == 0 && dup2(ends->console, 0) == 0 && dup2(ends->console, 1) == 1 &&
                 dup2(ends->log, 2) == 2 && fcntl(ends->qmp, F_SETFD, 0) == 0;
    if (ready) {
        execlp(QEMU_PROGRAM, QEMU_PROGRAM, "-display", "none", "-monitor", "none", "-no-reboot", "-object",
               "memory-backend-file,id=m,mem-path=flash.img,size=2G,share=on", "-M",
               "mps3-an524,remap=QSPI,memory-backend=m", "-global", "sse-200.CPU0_DSP=on", "-device",
               "loader,file=rom.bin,addr=" ADDRESS(MEMORY_ROM_BASE) ",force-raw=on", "-device",
               "loader,file=fuses.bin,addr=" ADDRESS(MEMORY_FUSES_BASE) ",force-raw=on", "-device",
               "loader,file=secrets.bin,addr=" ADDRESS(MEMORY_SECRETS_BASE) ",force-raw=on", "-device",
               "tmp105,id=" QMP_SENSOR_ID ",address=" ADDRESS(MEMORY_SENSOR_I2C_ADDRESS), "-device",
               "pca9552,id=" QMP_PINS_ID ",address=" ADDRESS(MEMORY_PINS_I2C_ADDRESS), "-serial", "stdio", "-nic", network,
               "-chardev", qmp_descriptor, "-mon", "chardev=events,mode=control", "-qmp",
               "unix:qmp.sock,server=on,wait=off", launch->steady ? "-icount" : (char *)NULL, STEADY_TIME, (char *)NULL);
    }
    dprintf(2, "%s cannot be started: %s\n", QEMU_PROGRAM, strerror(errno));
    _exit(127);
}

/* UDS and a fresh seed in one blob: the emulator loads it again at each reset, the ROM wipes it at once. */
static struct outcome write_secrets(const char *folder)
{
    struct buffer uds = {NULL, 0, 0};
    uint8_t secrets[MEMORY_SECRETS_UDS_SIZE + MEMORY_SECRETS_SEED_SIZE];
    PROCEED(file_read(file_path_join(folder, "uds.bin").text, MEMORY_SECRETS_UDS_SIZE, &uds));
    if (uds.size != MEMORY_SECRETS_UDS_SIZE) {
        file_forget(&uds);
        return outcome_refused("%s/uds.bin must have %d bytes; make the board again with 'sopris board new'", folder,
                               MEMORY_SECRETS_UDS_SIZE);
    }
    memcpy(secrets, uds.data, MEMORY_SECRETS_UDS_SIZE);
    keys_random(secrets + MEMORY_SECRETS_UDS_SIZE, MEMORY_SECRETS_SEED_SIZE);
    struct outcome outcome = file_write(file_path_join(folder, "secrets.bin").text, SPAN_OF(secrets), FILE_SECRET);
    secret_wipe(secrets, sizeof secrets);
    file_forget(&uds);
    return outcome;
}

static bool open_channels(const char *folder, struct qemu *qemu, struct child_ends *ends)
{
    int console[2];
    int qmp[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, console) != 0) {
        return false;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qmp) != 0) {
        close(console[0]);
        close(console[1]);
        return false;
    }
    *ends = (struct child_ends){console[1], qmp[1],
                                open(file_path_join(folder, "qemu.log").text,
                                     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    qemu->console = console[0];
    qemu->qmp = qmp[0];
    return fcntl(qemu->console, F_SETFL, O_NONBLOCK) == 0 && fcntl(qemu->qmp, F_SETFL, O_NONBLOCK) == 0;
}

struct outcome qemu_start(const struct qemu_launch *launch, struct qemu *qemu)
{
    char first_commands[COMMANDS_SIZE_BYTES];
    int size = write_first_commands(launch, first_commands);
    struct qemu started = {.folder = launch->folder};
    struct child_ends ends;
    pid_t own_pid = getpid();
    PROCEED(write_secrets(launch->folder));
    unlink(file_path_join(launch->folder, "qmp.sock").text);
    if (!open_channels(launch->folder, &started, &ends)) {
        return outcome_errno("the channels to the emulator cannot be opened");
    }
    started.pid = fork();
    if (started.pid == 0) {
        run_child(launch, &ends, own_pid);
    }
    close(ends.console);
    close(ends.qmp);
    close(ends.log);
    if (started.pid < 0 || send(started.qmp, first_commands, (size_t)size, MSG_NOSIGNAL) < 0) {
        close(started.console);
        close(started.qmp);
        return outcome_errno("the emulator cannot be started");
    }
    *qemu = started;
    return OUTCOME_OK;
}

int qemu_stop(struct qemu *qemu)
{
    int status = 0;
    kill(qemu->pid, SIGKILL);
    while (waitpid(qemu->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(qemu->console);
    close(qemu->qmp);
    unlink(file_path_join(qemu->folder, "secrets.bin").text);
    unlink(file_path_join(qemu->folder, "qmp.sock").text);
    return status;
}

void qemu_last_words(const char *folder, char *out, size_t capacity)
{
    struct file_path path = file_path_join(folder, "qemu.log");
    struct buffer log = {NULL, 0, 0};
    out[0] = 0;
    if (!file_exists(path.text) || !outcome_is_ok(file_read(path.text, LOG_SIZE_BYTES_MAX, &log))) {
        return;
    }
    char *text = (char *)log.data;
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == '\n') {
        text[--size] = 0;
    }
    char *line = strrchr(text, '\n');
    snprintf(out, capacity, "%s", line != NULL ? line + 1 : text);
    file_forget(&log);
}
