// Stand-in for the agent: answers GET /health, and runs the body of any POST with /bin/sh -c.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char request[1 << 16], output[1 << 20];

static void answer(int client)
{
    size_t have = 0;
    char *body;
    for (;;) {
        ssize_t n = read(client, request + have, sizeof request - 1 - have);
        if (n <= 0) { return; }
        have += n;
        request[have] = 0;
        if ((body = strstr(request, "\r\n\r\n"))) { break; }
    }
    body += 4;
    char *length = strcasestr(request, "content-length:");
    size_t want = length ? strtoul(length + 15, NULL, 10) : 0;
    while ((size_t)(request + have - body) < want) {
        ssize_t n = read(client, request + have, sizeof request - 1 - have);
        if (n <= 0) { return; }
        have += n;
        request[have] = 0;
    }

    size_t written = 0;
    int status = 0;
    if (!strncmp(request, "POST", 4)) {
        int ends[2];
        pipe(ends);
        pid_t child = fork();
        if (child == 0) {
            dup2(ends[1], 1);
            dup2(ends[1], 2);
            close(ends[0]);
            close(ends[1]);
            execl("/bin/sh", "sh", "-c", body, NULL);
            _exit(127);
        }
        close(ends[1]);
        if (child < 0) { status = 0x7e00; }
        ssize_t n;
        while (written < sizeof output && (n = read(ends[0], output + written, sizeof output - written)) > 0) { written += n; }
        close(ends[0]);
        if (child > 0) { waitpid(child, &status, 0); }
    } else {
        written = sprintf(output, "{\"status\":\"healthy\"}");
    }

    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    dprintf(client, "HTTP/1.1 200 OK\r\nConnection: close\r\nX-Exit-Code: %d\r\nContent-Length: %zu\r\n\r\n", code, written);
    for (size_t sent = 0; sent < written;) {
        ssize_t n = write(client, output + sent, written - sent);
        if (n <= 0) { return; }
        sent += n;
    }
}

int main(void)
{
    const char *listen_at = getenv("HOPX_AGENT_LISTEN");
    if (!listen_at || strncmp(listen_at, "unix:", 5)) { fprintf(stderr, "HOPX_AGENT_LISTEN names no unix socket.\n"); return 2; }
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    strncpy(address.sun_path, listen_at + 5, sizeof address.sun_path - 1);
    unlink(address.sun_path);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 64)) { perror("listen"); return 3; }
    umask(mask);
    for (;;) {
        int client = accept4(server, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0) { continue; }
        pid_t child = fork();
        if (child == 0) { signal(SIGCHLD, SIG_DFL); answer(client); _exit(0); }
        close(client);
    }
}
