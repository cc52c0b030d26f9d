// runner.c - fork(), exec() and wait4(), with the signals and the terminal
// passed on to the program that runs; and a plain HTTP client.

#include "runner.h"

#include "clock.h"
#include "http.h"
#include "net.h"
#include "pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// --- The farm --------------------------------------------------------------

// Reads the line that the farm prints as soon as it listens.
static int read_address(int fd, char *address, size_t size)
{
    size_t len = 0;

    while (len + 1 < size) {
        ssize_t n = read(fd, address + len, 1);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return -ECHILD; // the farm has ended, with a message on stderr
        if (address[len] == '\n')
            break;
        len++;
    }
    address[len] = '\0';
    return 0;
}

static void exec_farm(const char *build, const char *pace, int output, int life)
{
    char path[4096];
    char descriptor[16];

    snprintf(path, sizeof(path), "%s/farm", build);
    snprintf(descriptor, sizeof(descriptor), "%d", life);
    setpgid(0, 0); // Ctrl-C is not meant for the farm
    dup2(output, STDOUT_FILENO);
    close(output);
    execl(path, "farm", "--lifeline", descriptor, "--pace", pace, (char *)NULL);
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    _exit(127);
}

int farm_start(struct farm *farm, const char *build, const char *pace)
{
    int output[2];
    int lifeline[2];
    int error;

    *farm = (struct farm){ .lifeline = -1 };
    if (pipe(output) == -1)
        return -errno;
    if (pipe(lifeline) == -1) {
        error = -errno;
        goto close_output;
    }
    fcntl(output[0], F_SETFD, FD_CLOEXEC);
    fcntl(lifeline[1], F_SETFD, FD_CLOEXEC); // no child may hold our end
    farm->pid = fork();
    if (farm->pid == -1) {
        error = -errno;
        goto close_lifeline;
    }
    if (farm->pid == 0)
        exec_farm(build, pace, output[1], lifeline[0]);
    farm->lifeline = lifeline[1];
    lifeline[1] = -1;
    close(output[1]); // so that read_address() notices the farm's end
    output[1] = -1;
    error = read_address(output[0], farm->address, sizeof(farm->address));
    if (error != 0)
        farm_stop(farm);
close_lifeline:
    pipe_close(lifeline);
close_output:
    pipe_close(output);
    return error;
}

void farm_stop(struct farm *farm)
{
    if (farm->pid <= 0)
        return;
    close(farm->lifeline);
    while (waitpid(farm->pid, NULL, 0) == -1 && errno == EINTR)
        ;
    farm->pid = 0;
}

// --- Programs --------------------------------------------------------------

static volatile sig_atomic_t running; // process group that gets our signals
static volatile sig_atomic_t out_of_time;
static volatile sig_atomic_t was_interrupted;
static volatile sig_atomic_t is_impatient;

static void pass_on(int number)
{
    if (running > 0)
        kill(-(pid_t)running, number);
}

static void on_interrupt(int number)
{
    was_interrupted = 1;
    pass_on(is_impatient ? SIGKILL : number);
}

static void on_alarm(int number)
{
    (void)number;
    out_of_time = 1;
    pass_on(SIGKILL);
}

// Are we in the foreground? From the background the terminal must not be given
// away: the shell has it, and a shell that loses its terminal logs out.
static bool has_terminal(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

// Gives the terminal to a process group. To take the terminal back, we call
// this function from the background: SIGTTOU would stop us if start_program()
// did not ignore the signal.
static void give_terminal(pid_t group)
{
    tcsetpgrp(STDIN_FILENO, group);
}

// The inherited actions. A signal that was ignored from the beginning stays
// ignored, here and in the child: a shell starts background programs with
// signals ignored.
static struct sigaction inherited_int;
static struct sigaction inherited_term;

static void pass_on_unless_ignored(int number, struct sigaction *inherited)
{
    struct sigaction pass = { .sa_handler = on_interrupt };

    sigaction(number, NULL, inherited);
    if (inherited->sa_handler != SIG_IGN)
        sigaction(number, &pass, NULL);
}

// The child's part of start_program(), with the parent's old signal mask.
static void exec_program(
    char *const argv[], int flags, bool terminal, const sigset_t *mask)
{
    setpgid(0, 0);
    if (terminal)
        give_terminal(getpid());
    signal(SIGTTOU, SIG_DFL);
    // Reset our handlers, which could run in the child until execv().
    signal(SIGINT, inherited_int.sa_handler == SIG_IGN ? SIG_IGN : SIG_DFL);
    signal(SIGTERM, inherited_term.sa_handler == SIG_IGN ? SIG_IGN : SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (flags & RUN_QUIET) {
        int null = open("/dev/null", O_WRONLY);
        if (null != -1)
            dup2(null, STDOUT_FILENO);
    }
    execv(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

// Starts the program, to which SIGINT and SIGTERM are passed on from now on.
// Both signals stay blocked here until `running` is set, and in the child until
// our handlers are reset: no signal is lost. Returns the pid, or -1.
static pid_t start_program(char *const argv[], int flags, bool terminal)
{
    struct sigaction ring = { .sa_handler = on_alarm };
    sigset_t signals;
    sigset_t mask;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &mask);
    if (terminal)
        signal(SIGTTOU, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); // ignoring SIGCHLD would discard the exit code
    pass_on_unless_ignored(SIGINT, &inherited_int);
    pass_on_unless_ignored(SIGTERM, &inherited_term);
    sigaction(SIGALRM, &ring, NULL);
    out_of_time = 0;
    was_interrupted = 0;
    is_impatient = (flags & RUN_IMPATIENT) != 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        exec_program(argv, flags, terminal, &mask);
    if (pid > 0) {
        // The child calls this too; whichever runs first, the group exists
        // before either uses it.
        setpgid(pid, pid);
        running = pid;
    }
    sigdelset(&mask, SIGALRM); // the time limit needs SIGALRM
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return pid;
}

// Waits for the end of `pid`. Returns its status, or -1. When Ctrl-Z stops the
// program, we stop as well. When the shell continues us, we continue the
// program, in the foreground or, after `bg`, in the background.
static int await_end(pid_t pid, bool *terminal, struct rusage *usage)
{
    int status;

    for (;;) {
        pid_t ended = wait4(pid, &status, WUNTRACED, usage);
        if (ended == -1 && errno == EINTR)
            continue;
        if (ended == -1)
            return -1;
        if (!WIFSTOPPED(status))
            return status;
        if (*terminal)
            give_terminal(getpgrp());
        kill(0, SIGTSTP);
        *terminal = *terminal && has_terminal();
        if (*terminal)
            give_terminal(pid);
        kill(-pid, SIGCONT);
    }
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

int runner_run(char *const argv[], int flags, double limit, struct cost *cost)
{
    struct rusage usage = { 0 };
    double began = clock_now();
    bool terminal = (flags & RUN_TERMINAL) && has_terminal();

    *cost = (struct cost){ .code = 127 };
    pid_t pid = start_program(argv, flags, terminal);
    if (pid == -1)
        return -errno;
    if (terminal)
        give_terminal(pid);
    if (limit > 0)
        alarm(limit < 1 ? 1 : (unsigned)limit);
    int status = await_end(pid, &terminal, &usage);
    alarm(0);
    running = 0;
    if (terminal)
        give_terminal(getpgrp());
    sigaction(SIGINT, &inherited_int, NULL);
    sigaction(SIGTERM, &inherited_term, NULL);
    if (status == -1)
        return -ECHILD; // the exit status is unknown

    cost->wall = clock_now() - began;
    cost->cpu_user = seconds(usage.ru_utime);
    cost->cpu_sys = seconds(usage.ru_stime);
    cost->switches = usage.ru_nvcsw + usage.ru_nivcsw;
    cost->timed_out = out_of_time != 0;
    cost->interrupted = was_interrupted != 0;
    cost->code =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGINT && !cost->timed_out
        && !(cost->interrupted && is_impatient))
        fprintf(stderr, "%s: %s\n", argv[0], strsignal(WTERMSIG(status)));
    return cost->code == 127 ? -ENOENT : 0;
}

// --- Reading ---------------------------------------------------------------

char *runner_read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    *len = 0;
    if (file == NULL)
        return NULL;
    for (;;) {
        if (*len + 1 >= size) {
            size = size * 2 + 4096;
            char *more = realloc(text, size);
            if (more == NULL)
                break;
            text = more;
        }
        size_t n = fread(text + *len, 1, size - *len - 1, file);
        *len += n;
        if (n == 0)
            break;
    }
    fclose(file);
    if (text != NULL)
        text[*len] = '\0';
    return text;
}

// A seventh HTTP client, as plain as possible: the harness must not depend on a
// stage, which a participant may have broken.
static int exchange(const struct url *url, const char *request, size_t len,
    struct http_response *response)
{
    const struct address *address;
    char chunk[4096];
    enum http_verdict verdict = HTTP_MORE;
    int error = net_lookup(url, 0, &address);

    if (error != 0)
        return error;
    int fd = net_socket(address);
    if (fd < 0)
        return fd;
    net_limit(fd, SO_RCVTIMEO, clock_now() + 10);
    error = net_result(connect(fd, &address->any, address->len));
    if (error == 0)
        error = net_result(send(fd, request, len, 0));
    while (error >= 0 && verdict == HTTP_MORE) {
        error = net_result(recv(fd, chunk, sizeof(chunk), 0));
        if (error >= 0)
            verdict = http_feed(response, chunk, (size_t)error);
    }
    close(fd);
    return error < 0 ? error : response->error;
}

char *farm_get(const struct farm *farm, const char *path)
{
    struct http_response response;
    struct url url;
    char text[256];
    size_t len;
    char *body = NULL;

    snprintf(text, sizeof(text), "%s%s", farm->address, path);
    http_response_init(&response, HTTP_MAX_BODY);
    if (url_parse(&url, text, strlen(text)) != 0)
        return NULL;
    char *request = http_get(&url, &len);
    if (request != NULL && exchange(&url, request, len, &response) == 0
        && response.body != NULL)
        body = strdup(response.body);
    free(request);
    url_free(&url);
    http_response_free(&response);
    return body;
}
