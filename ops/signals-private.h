/* signals-private.h - no signal handler runs on this thread while oneDNN's kernels do.
 *
 * Its float products of more than a few dozen terms use the stack pointer for a buffer on the heap. A handler that runs then
 * has no stack: the kernel writes its frame before the buffer, over what malloc keeps there. Programs have handlers (for an
 * interval timer, a profiler, Ctrl-C), few of them on a stack of their own. A signal waits until the product is done: some
 * 30 us of it. The pool's threads block signals anyway. */
#ifndef LEAT_OPS_SIGNALS_PRIVATE_H
#define LEAT_OPS_SIGNALS_PRIVATE_H

#include <pthread.h>
#include <signal.h>

static inline sigset_t leat_signals_hold(void)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    return old;
}

static inline void leat_signals_release(sigset_t old)
{
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

#endif
