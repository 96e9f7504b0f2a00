/* A program's own signal handlers while the engine computes: what they interrupt has a stack, and the results stand. */
#include "config.h"
#include "check.h"
#include <leat.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>
#include "base/base-private.h"

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
static char *stack_low, *stack_high;
static volatile sig_atomic_t astray, ticks;
static char handler_stack[1 << 16]; /* so that a stray stack pointer is seen, not followed */

static void tick(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    const ucontext_t *c = context;
    char *sp = (char *)c->uc_mcontext.gregs[REG_RSP];
    ticks = ticks + 1;
    astray = astray + (sp < stack_low || sp >= stack_high);
}

static void set_timer(int microseconds)
{
    struct itimerval t = {{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &t, NULL);
}

static void learn_stack(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    CU_ASSERT_EQUAL_FATAL(pthread_getattr_np(pthread_self(), &attributes), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_attr_getstack(&attributes, &low, &size), 0);
    pthread_attr_destroy(&attributes);
    stack_low = low;
    stack_high = stack_low + size;
}

/* A sum of ones, fed, so that the value of the result's every element is known and nothing is folded. */
static const struct row {
    int64_t x[4], w[4];
    int rank;
    float want;
} rows[] = {
    {{8, 500}, {500, 200}, 2, 500},
    {{4, 16, 16, 32}, {3, 3, 32, 32}, 4, 3 * 3 * 32},
};

static leat_tensor *ones(const int64_t *dims, int rank)
{
    leat_tensor *t = leat_tensor_new(LEAT_FLOAT, leat_shape_of(rank, dims));
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    for (int64_t i = 0; i < leat_tensor_elements(t); i++)
        ((float *)leat_tensor_data(t))[i] = 1;
    return t;
}

static void interrupt(const struct row *r)
{
    leat_graph *g = leat_graph_new();
    leat_out x = leat_placeholder(g, LEAT_FLOAT), w = leat_placeholder(g, LEAT_FLOAT);
    leat_out y = r->rank == 2 ? leat_matmul(x, w) : leat_raw_conv2d(x, w, LEAT_INTS(1, 1, 1, 1), "VALID");
    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *values[] = {ones(r->x, r->rank), ones(r->w, r->rank)};
    astray = ticks = 0;
    set_timer(100);
    for (int i = 0; i < 4000 && ticks < 300; i++) {
        leat_tensor *t = NULL;
        CU_ASSERT_EQUAL_FATAL(
            leat_run(s, LEAT_FEEDS({x, values[0]}, {w, values[1]}), LEAT_FETCHES({y, &t}), LEAT_NO_TARGETS),
            LEAT_OK);
        CU_ASSERT_EQUAL(*(const float *)leat_tensor_data(t), r->want);
        leat_tensor_unref(t);
    }
    set_timer(0);
    CU_ASSERT(ticks > 0);
    CU_ASSERT_EQUAL(astray, 0);
    leat_tensor_unref(values[0]);
    leat_tensor_unref(values[1]);
    leat_session_free(s);
    leat_graph_free(g);
}

static void interrupt_all(void)
{
    stack_t mine = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack}, before;
    struct sigaction action = {.sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART}, old;
    learn_stack();
    CU_ASSERT_EQUAL_FATAL(sigaltstack(&mine, &before), 0);
    CU_ASSERT_EQUAL_FATAL(sigaction(SIGALRM, &action, &old), 0);
    for (size_t i = 0; i < LEAT_LEN(rows); i++)
        interrupt(&rows[i]);
    sigaction(SIGALRM, &old, NULL);
    sigaltstack(&before, NULL);
}
#define CAN_INTERRUPT
#endif

LEAT_TEST(signal_handlers_have_a_stack_while_kernels_run) /* in the table of every build */
{
#ifdef CAN_INTERRUPT
    interrupt_all();
#else
    SKIP(
        "the stack pointer is looked at on x86-64 only, and not under ThreadSanitizer, which delays signals");
#endif
}
