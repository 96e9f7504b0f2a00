/* interleave.c - see interleave.h. Depth-first search by replay: each execution starts afresh and follows the recorded
 * choices, then takes first choices until its end or until a state that was met before. */
#include "interleave.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define MAX_STEPS 400
#define MAX_STORES 16
#define MAX_OBJECTS 64
#define STACK_BYTES (128 * 1024)

typedef struct pending_store {
    void *object;
    size_t size;
    uint64_t value;
} pending_store;

typedef struct fiber {
    ucontext_t context;
    char *stack;
    uint64_t history; /* hash of the operations done and the values read */
    pending_store buffer[MAX_STORES];
    int n_stores;
    void *blocked_on;
    bool done;
} fiber;

/* A choice is a thread to step (0..n-1) or a buffer to flush (n..2n-1). */
typedef struct choice {
    int8_t options[2 * INTERLEAVE_THREADS];
    int8_t count, taken;
} choice;

static struct {
    const interleave_scenario *scenario;
    fiber fibers[INTERLEAVE_THREADS];
    int current;
    ucontext_t scheduler;
    struct {
        void *object;
        size_t size;
    } objects[MAX_OBJECTS];
    int n_objects;
    choice path[MAX_STEPS];
    int depth, recorded;
    uint64_t *seen; /* open addressing; 0: free */
    uint64_t n_seen, seen_mask;
} M;

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 29);
}

static uint64_t read_memory(const void *object, size_t size)
{
    uint64_t v = 0;
    memcpy(&v, object, size);
    return v;
}

static void write_memory(void *object, size_t size, uint64_t value)
{
    int i = 0;
    memcpy(object, &value, size);
    while (i < M.n_objects && M.objects[i].object != object)
        i++;
    if (i == MAX_OBJECTS)
        abort();
    if (i == M.n_objects) {
        M.objects[i].object = object;
        M.objects[i].size = size;
        M.n_objects++;
    }
}

static void flush_one(fiber *f)
{
    write_memory(f->buffer[0].object, f->buffer[0].size, f->buffer[0].value);
    memmove(f->buffer, f->buffer + 1, (size_t)--f->n_stores * sizeof f->buffer[0]);
}

static void flush_all(fiber *f)
{
    while (f->n_stores > 0)
        flush_one(f);
}

/* Each operation begins here: back to the scheduler, which decides who goes on. */
static fiber *step(void)
{
    fiber *f = &M.fibers[M.current];
    swapcontext(&f->context, &M.scheduler);
    return f;
}

uint64_t interleave_load(void *object, size_t size)
{
    fiber *f = step();
    uint64_t v = read_memory(object, size);
    for (int i = f->n_stores; i-- > 0;)
        if (f->buffer[i].object == object) {
            v = f->buffer[i].value;
            break;
        }
    f->history = mix(f->history, v + 1);
    return v;
}

void interleave_store(void *object, size_t size, uint64_t value, int order)
{
    fiber *f = step();
    f->history = mix(f->history, 2);
    if (f->n_stores == MAX_STORES)
        flush_one(f);
    f->buffer[f->n_stores++] = (pending_store){object, size, size == 4 ? (uint32_t)value : value};
    if (order == INTERLEAVE_seq_cst && !M.scenario->weak_stores)
        flush_all(f);
}

uint64_t interleave_fetch_add(void *object, size_t size, uint64_t value)
{
    fiber *f = step();
    flush_all(f);
    uint64_t v = read_memory(object, size);
    write_memory(object, size, v + value);
    f->history = mix(f->history, v + 3);
    return v;
}

bool interleave_cas(void *object, size_t size, void *expected, uint64_t desired)
{
    fiber *f = step();
    flush_all(f);
    uint64_t v = read_memory(object, size);
    bool good = v == read_memory(expected, size);
    if (good)
        write_memory(object, size, desired);
    else
        memcpy(expected, &v, size);
    f->history = mix(f->history, v + 5 + good);
    return good;
}

/* The kernel's step: compare and queue at once. */
void interleave_futex_wait(void *word, uint32_t value)
{
    fiber *f = step();
    flush_all(f);
    bool blocks = read_memory(word, 4) == value;
    f->history = mix(f->history, 7 + blocks);
    if (blocks) {
        f->blocked_on = word;
        step();
    }
}

void interleave_futex_wake(void *word, int n)
{
    fiber *f = step();
    flush_all(f);
    f->history = mix(f->history, 9);
    for (int i = 0; i < M.scenario->n_threads && n > 0; i++)
        if (M.fibers[i].blocked_on == word) {
            M.fibers[i].blocked_on = NULL;
            n--;
        }
}

static void fiber_main(void)
{
    fiber *f = &M.fibers[M.current];
    M.scenario->thread(M.current);
    f = &M.fibers[M.current];
    f->done = true;
    swapcontext(&f->context, &M.scheduler);
    abort();
}

static uint64_t state_hash(void)
{
    uint64_t h = 1, memory = 0;
    for (int i = 0; i < M.scenario->n_threads; i++) {
        const fiber *f = &M.fibers[i];
        h = mix(mix(mix(h, f->history), (uint64_t)(f->done + 2 * (f->blocked_on != NULL))),
                (uint64_t)f->n_stores);
        for (int k = 0; k < f->n_stores; k++)
            h = mix(mix(h, (uintptr_t)f->buffer[k].object), f->buffer[k].value);
    }
    for (int i = 0; i < M.n_objects; i++) /* in no order: objects are met in another order each time */
        memory +=
            mix(mix(11, (uintptr_t)M.objects[i].object), read_memory(M.objects[i].object, M.objects[i].size));
    h = mix(h, memory);
    return h ? h : 1;
}

/* Whether the state is new; notes it. */
static bool note_state(void)
{
    uint64_t h = state_hash(), i = h & M.seen_mask;
    while (M.seen[i] != 0 && M.seen[i] != h)
        i = (i + 1) & M.seen_mask;
    if (M.seen[i] == h)
        return false;
    M.seen[i] = h;
    M.n_seen++;
    return true;
}

static void list_options(choice *c)
{
    int n = M.scenario->n_threads;
    c->count = c->taken = 0;
    for (int i = 0; i < n; i++)
        if (!M.fibers[i].done && M.fibers[i].blocked_on == NULL)
            c->options[c->count++] = (int8_t)i;
    for (int i = 0; i < n; i++)
        if (M.fibers[i].n_stores > 0)
            c->options[c->count++] = (int8_t)(n + i);
}

static void start_execution(void)
{
    M.n_objects = 0;
    M.scenario->init();
    for (int i = 0; i < M.scenario->n_threads; i++) {
        fiber *f = &M.fibers[i];
        f->history = 0;
        f->n_stores = 0;
        f->blocked_on = NULL;
        f->done = false;
        getcontext(&f->context);
        f->context.uc_stack.ss_sp = f->stack;
        f->context.uc_stack.ss_size = STACK_BYTES;
        f->context.uc_link = NULL;
        makecontext(&f->context, fiber_main, 0);
        M.current = i;
        swapcontext(&M.scheduler,
                    &f->context); /* to its first operation: what comes before touches nothing shared */
    }
}

static void take(int option)
{
    if (option >= M.scenario->n_threads) {
        flush_one(&M.fibers[option - M.scenario->n_threads]);
        return;
    }
    M.current = option;
    swapcontext(&M.scheduler, &M.fibers[option].context);
}

static void write_schedule(char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < M.depth && used + 8 < size; i++) {
        int o = M.path[i].options[M.path[i].taken], n = M.scenario->n_threads;
        used += (size_t)snprintf(text + used, size - used, o < n ? "%d " : "f%d ", o < n ? o : o - n);
    }
}

/* One execution; NULL, or what is wrong. */
static const char *execute(interleave_result *r)
{
    start_execution();
    for (M.depth = 0; M.depth < MAX_STEPS; M.depth++) {
        choice *c = &M.path[M.depth];
        if (M.depth >= M.recorded) {
            if (!note_state())
                return NULL;
            list_options(c);
            if (c->count == 0)
                break;
            M.recorded = M.depth + 1;
        }
        take(c->options[c->taken]);
    }
    if (M.depth == MAX_STEPS)
        return "an execution does not end";
    r->executions++;
    for (int i = 0; i < M.scenario->n_threads; i++)
        if (!M.fibers[i].done)
            return "deadlock";
    return M.scenario->check();
}

interleave_result interleave_explore(const interleave_scenario *s, uint64_t max_states)
{
    interleave_result r = {0};
    M.scenario = s;
    M.recorded = 0;
    M.n_seen = 0;
    for (M.seen_mask = 1; M.seen_mask < 2 * max_states;)
        M.seen_mask *= 2;
    M.seen = calloc(M.seen_mask--, sizeof *M.seen);
    for (int i = 0; i < s->n_threads; i++)
        M.fibers[i].stack = malloc(STACK_BYTES);
    for (;;) {
        r.wrong = execute(&r);
        if (r.wrong != NULL) {
            write_schedule(r.schedule, sizeof r.schedule);
            break;
        }
        while (M.recorded > 0 && M.path[M.recorded - 1].taken + 1 == M.path[M.recorded - 1].count)
            M.recorded--;
        if (M.recorded == 0)
            break;
        M.path[M.recorded - 1].taken++;
        if (M.n_seen > max_states) {
            r.incomplete = true;
            break;
        }
    }
    r.states = M.n_seen;
    for (int i = 0; i < s->n_threads; i++)
        free(M.fibers[i].stack);
    free(M.seen);
    return r;
}
