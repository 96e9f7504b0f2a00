/* regex-match.c - Pike's virtual machine: all ways through the program at once, a character at a time, each with the positions of
 * its groups; the list is in order of preference, and an instruction is on it once. (Cox, Regular Expression Matching: the Virtual
 * Machine Approach, 2009.) */
#include <string.h>
#include "ops/regex-parts-private.h"

enum { SAVED = 2 * LEAT_REGEX_GROUPS };

typedef struct thread {
    uint32_t at;
    size_t saved[SAVED];
} thread;

typedef struct machine {
    const leat_regex *r;
    leat_bytes text;
    uint64_t *seen, generation; /* by instruction: when it was last put on a list */
    thread *now, *next, *stack;
    size_t n_now, n_next;
} machine;

static bool is_word(const machine *m, size_t at)
{
    if (at >= m->text.size)
        return false;
    char c = m->text.data[at];
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool holds(const machine *m, int op, size_t at)
{
    switch (op) {
    case LEAT_REGEX_BEGIN: return at == 0;
    case LEAT_REGEX_END: return at == m->text.size;
    case LEAT_REGEX_LINE_BEGIN: return at == 0 || m->text.data[at - 1] == '\n';
    case LEAT_REGEX_LINE_END: return at == m->text.size || m->text.data[at] == '\n';
    default: return ((at > 0 && is_word(m, at - 1)) != is_word(m, at)) == (op == LEAT_REGEX_WORD);
    }
}

/* Puts what can be reached from `first` without a character on the list, preferred ones first. An instruction is pushed at most
 * twice (it is entered once), which bounds the stack. */
static void follow(machine *m, thread *list, size_t *n, thread first, size_t at)
{
    size_t depth = 0;
    m->stack[depth++] = first;
    while (depth > 0) {
        thread t = m->stack[--depth];
        if (m->seen[t.at] == m->generation)
            continue;
        m->seen[t.at] = m->generation;
        const leat_regex_code *c = &m->r->code[t.at];
        uint32_t here = t.at;
        switch (c->op) {
        case LEAT_REGEX_JUMP:
            t.at = here + (uint32_t)c->a;
            m->stack[depth++] = t;
            break;
        case LEAT_REGEX_SPLIT:
            t.at = here + (uint32_t)c->b;
            m->stack[depth++] = t;
            t.at = here + (uint32_t)c->a;
            m->stack[depth++] = t;
            break;
        case LEAT_REGEX_SAVE:
            if (c->a < SAVED)
                t.saved[c->a] = at;
            t.at = here + 1;
            m->stack[depth++] = t;
            break;
        case LEAT_REGEX_CHAR:
        case LEAT_REGEX_CLASS:
        case LEAT_REGEX_ANY:
        case LEAT_REGEX_ANY_IN_LINE:
        case LEAT_REGEX_MATCH: list[(*n)++] = t; break;
        default:
            t.at = here + 1;
            if (holds(m, c->op, at))
                m->stack[depth++] = t;
        }
    }
}

static uint32_t other_case(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c ^ 32 : c;
}

static bool in_class(const leat_regex *r, const leat_regex_code *code, uint32_t c)
{
    for (int32_t i = code->a; i < code->b; i++)
        if (c >= r->ranges[i].low && c <= r->ranges[i].high)
            return true;
    return false;
}

static bool takes(const leat_regex *r, const leat_regex_code *code, uint32_t c)
{
    uint32_t other = code->fold ? other_case(c) : c;
    switch (code->op) {
    case LEAT_REGEX_CHAR: return (uint32_t)code->a == c || (uint32_t)code->a == other;
    case LEAT_REGEX_CLASS: return (in_class(r, code, c) || in_class(r, code, other)) != code->negated;
    case LEAT_REGEX_ANY: return true;
    case LEAT_REGEX_ANY_IN_LINE: return c != '\n';
    default: return false;
    }
}

/* One character further, to byte `after`; a match cuts off all that is less preferred. */
static void step(machine *m, uint32_t c, size_t at, size_t after, bool whole, bool *matched, thread *best)
{
    m->n_next = 0;
    m->generation++;
    for (size_t i = 0; i < m->n_now; i++) {
        const leat_regex_code *code = &m->r->code[m->now[i].at];
        if (code->op == LEAT_REGEX_MATCH) {
            if (whole && at != m->text.size)
                continue;
            *best = m->now[i];
            *matched = true;
            return;
        }
        if (at < m->text.size && takes(m->r, code, c)) {
            thread t = m->now[i];
            t.at++;
            follow(m, m->next, &m->n_next, t, after);
        }
    }
}

static void run(machine *m, size_t start, bool whole, bool *matched, thread *best)
{
    const char *end = m->text.data + m->text.size;
    *matched = false;
    for (size_t at = start;;) {
        if (!*matched && (!whole || at == start)) { /* a new beginning, less preferred than those under way */
            thread first = {0};
            memset(first.saved, 0xff, sizeof first.saved);
            follow(m, m->now, &m->n_now, first, at);
        }
        if (m->n_now == 0 && (*matched || whole))
            return;
        const char *p = m->text.data + at;
        uint32_t c = at < m->text.size ? leat_regex_next(&p, end) : 0;
        size_t after = (size_t)(p - m->text.data);
        step(m, c, at, after, whole, matched, best);
        if (at == m->text.size)
            return;
        thread *t = m->now;
        m->now = m->next, m->n_now = m->n_next;
        m->next = t;
        at = after;
    }
}

leat_status leat_regex_match(const leat_regex *r, leat_bytes text, size_t start, bool whole, bool *matched,
                             size_t groups[2 * LEAT_REGEX_GROUPS])
{
    size_t n = r->n_code, threads = n * 4 + 4;
    machine m = {.r = r, .text = text, .generation = 1};
    thread best;
    m.seen = leat_alloc_zero(n, sizeof *m.seen);
    m.now = leat_alloc(threads * sizeof *m.now);
    leat_status status =
        m.seen == NULL || m.now == NULL ? leat_fail_memory(threads * sizeof *m.now) : LEAT_OK;
    thread *block = m.now;
    if (status == LEAT_OK) {
        m.next = m.now + n;
        m.stack = m.next + n; /* 2 * n + 1 at most */
        run(&m, start, whole, matched, &best);
        if (*matched && groups != NULL)
            memcpy(groups, best.saved, sizeof best.saved);
    }
    leat_free(m.seen);
    leat_free(block);
    return status;
}
