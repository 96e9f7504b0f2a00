/* signals.c - SIGINT, SIGTERM and SIGHUP ask for an orderly end; a second one does not ask. */
#include "tools/tool-private.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* What a handler may touch must be global; nothing else is. */
static volatile sig_atomic_t caught;
static _Atomic(void (*)(void *)) on_caught;
static _Atomic(void *) on_caught_user;

static void handle(int number)
{
    int saved = errno;
    if (caught != 0)
        _exit(LEAT_EXIT_SIGNAL + number);
    caught = number;
    void (*call)(void *) = atomic_load(&on_caught);
    if (call != NULL)
        call(atomic_load(&on_caught_user));
    errno = saved;
}

void leat_signals_catch(void (*on_signal)(void *user), void *user)
{
    atomic_store(&on_caught_user, user);
    atomic_store(&on_caught, on_signal);
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup means it */
        sigaction(SIGHUP, &action, NULL);
}

int leat_signals_caught(void)
{
    return caught;
}
