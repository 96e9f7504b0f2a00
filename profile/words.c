/* words.c - what the numbers mean. Every sentence has a rule, and is left out where the rule does not hold:
 *
 *   idle       always: how long the workers together did nothing. From 25 % on with the first reason that holds:
 *              the executor had given up its team for a while, and the graph is no chain of nodes too short to be shared; the plan ran on one thread and took less than 10 us; half of the
 *              idle time is time in which no node ran at all, and not by starting nodes; ops take 5 us and more, and in half of the
 *              idle time there was a ready one for the worker; one node takes half of a critical path
 *              that takes 60 % of the run; the path does; the plan ran on one thread; one node takes 40 % of the run; the ops
 *              take 5 us and more, so too few were ready; the ops are short.
 *   crowded    more workers than CPUs are busy in 5 % of the run: nodes' times are not theirs alone. (Idle is told of the CPUs then.)
 *   most       a node that takes 25 % of the time; else an op type of several nodes that takes half: with its rates, unless
 *              they are short: starting them is then most of what they take. Else the fewest op types that take half, if they
 *              are three at most.
 *   memory     op types that move at least half of what the machine reads from memory at less than a quarter of its peak of
 *              arithmetic, a megabyte and more at a time (less stays in caches), if they take 20 % of the time.
 *   short      nodes below 1 us, if they are half of the nodes and take 10 % of the time; what to do, if they take half of it and
 *              300 ns each on average.
 *   overhead   time in which no node ran at all, if it is 20 % of the run; above 20 us a node, starting nodes is not what it was.
 *   path       idle less than 25 %, next to no tiles taken over, several workers or CPUs, nodes of 1 us and more on average: what
 *              more of them could bring at most.
 *   helped     tiles run by helpers, if they are 5 % of the time.
 *   serial     several threads, and the plan ran on one; unless that was the reason for idle workers.
 *   unsteady   five runs or more, the median one 10 us at least and 1.5 times as long as the fastest.
 *   lost       spans that found no room. */
#include "config.h"
#include "profile/figures-private.h"

#include <math.h>
#include <string.h>

#define NAME_MAX_BYTES 60
#define IDLE_PERCENT 25
#define CHAIN 0.6
#define IN_CACHE_BYTES 1e6
#define VERY_SHORT_NS 300.0
#define SHORT_OPS_NS 5000.0 /* waking a worker for less is no gain */
#define SMALL_RUN_NS 10e3   /* what a run on several threads must save at least */
#define STARTING_NS 20e3    /* no node takes that long to start: the threads did not run, or slept */
#define MOST_TYPES 3
#define HELPED 0.05
#define CROWDED 0.05
#define SHARED_NS 30e3 /* nodes shorter are not shared among workers (plan-cost.c) */

void leat_put_duration_ns(leat_buf *out, double ns)
{
    static const struct {
        double unit;
        const char *name;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "\u00b5s"}, {0, "ns"}};
    size_t i = 0;
    while (ns < 0.9995 * units[i].unit)
        i++;
    double value = units[i].unit > 0 ? ns / units[i].unit : ns;
    leat_buf_printf(out, value >= 100 ? "%.0f %s" : "%.3g %s", value, units[i].name);
}

void leat_put_scaled(leat_buf *out, double value, const char *unit)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P"};
    size_t i = 0;
    while (value >= 999.5 && i + 1 < LEAT_LEN(prefixes)) {
        value /= 1000;
        i++;
    }
    leat_buf_printf(out, value >= 100 || (i == 0 && value == floor(value)) ? "%.0f %s%s" : "%.3g %s%s", value,
                    prefixes[i], unit);
}

void leat_put_count(leat_buf *out, double count)
{
    leat_buf_printf(out, count < 1e4 ? "%.4g" : "%.0f", count);
}

int leat_percent(double part, double whole)
{
    return whole > 0 ? (int)lround(100 * LEAT_MIN(LEAT_MAX(part / whole, 0), 1)) : 0;
}

/* A node's name, harmless and no longer than a line can bear. */
static void put_name(leat_buf *out, const char *name)
{
    size_t n = strlen(name);
    if (n <= NAME_MAX_BYTES) {
        leat_buf_put_escaped(out, name, n);
        return;
    }
    size_t head = NAME_MAX_BYTES / 2, tail = n - NAME_MAX_BYTES / 2;
    while (head > 0 && ((unsigned char)name[head] & 0xc0) == 0x80)
        head--;
    while (tail < n && ((unsigned char)name[tail] & 0xc0) == 0x80)
        tail++;
    leat_buf_put_escaped(out, name, head);
    leat_buf_puts(out, "\u2026");
    leat_buf_put_escaped(out, name + tail, n - tail);
}

/* ---- idle ---- */

static void put_path(leat_buf *out, const leat_idle *i)
{
    put_name(out, i->first);
    if (i->first != i->last) {
        leat_buf_puts(out, " to ");
        put_name(out, i->last);
    }
}

/* Are so few nodes so far apart that it cannot be what starting them takes? */
static bool held_up(double none_ns, size_t n_events)
{
    return none_ns >= STARTING_NS * (double)n_events;
}

static bool crowded(const leat_idle *i)
{
    return i->n_cpus > 0 && i->n_workers > i->n_cpus;
}

/* How many can run at the same time; how long they could, and did, together. */
static uint32_t n_able(const leat_idle *i)
{
    return crowded(i) ? i->n_cpus : i->n_workers;
}

static double capacity(const leat_idle *i)
{
    return i->ns * n_able(i);
}

static double used(const leat_idle *i)
{
    return crowded(i) ? i->cpus_busy_ns : i->busy_ns;
}

static int idle_percent(const leat_idle *i)
{
    return leat_percent(capacity(i) - used(i), capacity(i));
}

static bool too_small(const leat_idle *i)
{
    return i->serial && i->busy_ns < SMALL_RUN_NS;
}

static void put_reason(leat_buf *out, const leat_idle *i)
{
    bool path = i->first != NULL && i->critical_ns >= CHAIN * i->ns;
    double idle = capacity(i) - used(i);
    bool short_chain = path && i->n_critical > 1 && i->critical_ns < SHARED_NS * (double)i->n_critical;
    if (i->n_workers > 1 && i->alone && !short_chain) {
        leat_buf_puts(out,
                      ": it ran on one thread, since several had just been slower, as happens when other "
                      "programs use the CPUs");
    } else if (i->n_workers > 1 && too_small(i)) {
        leat_buf_puts(out, ": all nodes together take ");
        leat_put_duration_ns(out, i->busy_ns);
        leat_buf_puts(out, ", too little to share");
    } else if (i->none_ns * n_able(i) >= 0.5 * idle && held_up(i->none_ns, i->n_events)) {
        leat_buf_puts(out, i->n_workers == 1 ? ": its thread slept, or other programs had the CPU"
                                             : ": the threads slept, or other programs had their CPUs");
    } else if (n_able(i) > 1 && !i->serial && i->waited_ns >= 0.5 * idle &&
               i->busy_ns >= SHORT_OPS_NS * (double)i->n_events) {
        leat_buf_puts(out, ": nodes were ready, but threads slept, or other programs had the CPUs");
    } else if (i->n_workers > 1 && path && (i->n_critical == 1 || i->longest_ns >= 0.5 * i->critical_ns)) {
        leat_buf_puts(out, ": everything waits for ");
        put_name(out, i->longest);
        leat_buf_printf(out, ", which takes %d %% of it", leat_percent(i->longest_ns, i->ns));
    } else if (i->n_workers > 1 && path) {
        leat_buf_puts(out, ": the graph is a chain from ");
        put_path(out, i);
    } else if (i->n_workers > 1 && i->serial) {
        leat_buf_puts(out, ": all nodes together take ");
        leat_put_duration_ns(out, i->busy_ns);
        leat_buf_puts(out, ", too little to share");
    } else if (i->n_workers > 1 && i->longest != NULL && i->longest_ns >= 0.4 * i->ns) {
        leat_buf_puts(out, ": ");
        put_name(out, i->longest);
        leat_buf_printf(out, " takes %d %% of it", leat_percent(i->longest_ns, i->ns));
    } else if (i->n_workers > 1 && i->busy_ns >= SHORT_OPS_NS * (double)i->n_events) {
        leat_buf_puts(out, ": too few nodes were ready at the same time");
    } else {
        leat_buf_puts(out, ": the ops are short, ");
        leat_put_duration_ns(out, i->busy_ns / (double)LEAT_MAX(i->n_events, (size_t)1));
        leat_buf_puts(out, " each on average");
    }
}

void leat_put_idle(leat_buf *out, const leat_idle *i)
{
    if (i->n_events == 0 || i->ns <= 0) {
        leat_buf_puts(out, "no op ran");
        return;
    }
    int idle = idle_percent(i);
    if (i->n_workers == 1)
        leat_buf_printf(out, "1 worker, idle %d %% of the run", idle);
    else if (crowded(i))
        leat_buf_printf(out, "%u workers on %u CPU%s idle %d %% of the run", i->n_workers, i->n_cpus,
                        i->n_cpus == 1 ? ", which is" : "s, which are", idle);
    else
        leat_buf_printf(out, "%u workers idle %d %% of the run", i->n_workers, idle);
    if (idle >= IDLE_PERCENT) {
        put_reason(out, i);
    } else if (i->first != NULL && i->n_workers > 1) {
        leat_buf_printf(out, "; the critical path takes %d %% of it, from ",
                        leat_percent(i->critical_ns, i->ns));
        put_path(out, i);
    } else if (i->most != NULL && i->first == NULL) {
        leat_buf_puts(out, "; most of it is ");
        put_name(out, i->most);
    }
}

static void idle_of(const leat_figures *f, leat_idle *i)
{
    const leat_profile_step *s = &f->typical;
    *i = (leat_idle){.n_workers = s->n_workers,
                     .ns = (double)s->duration_ns,
                     .busy_ns = f->busy_ns,
                     .critical_ns = f->critical_ns,
                     .n_events = f->n_executions,
                     .n_critical = f->n_critical,
                     .none_ns = f->level_ns[0],
                     .waited_ns = f->waited_ns,
                     .most = f->n_ops > 0 ? f->ops[0].name : NULL,
                     .n_cpus = s->n_cpus,
                     .serial = s->serial,
                     .alone = s->alone};
    for (uint32_t k = 1; k <= s->n_workers; k++)
        i->cpus_busy_ns += LEAT_MIN(k, s->n_cpus) * f->level_ns[k];
    /* Ends that take less than a hundredth of the path say nothing about it. */
    size_t from = 0, to = f->n_critical;
    while (from < to && f->node_ns[f->critical[from]] < 0.01 * f->critical_ns)
        from++;
    while (from < to && f->node_ns[f->critical[to - 1]] < 0.01 * f->critical_ns)
        to--;
    if (f->n_critical > 0) {
        i->first = s->nodes[f->critical[from < to ? from : 0]].name;
        i->last = s->nodes[f->critical[from < to ? to - 1 : f->n_critical - 1]].name;
    }
    for (size_t n = 0; n < s->n_nodes; n++)
        if (f->node_ns[n] > i->longest_ns) {
            i->longest_ns = f->node_ns[n];
            i->longest = s->nodes[n].name;
        }
}

/* ---- the others ---- */

/* What computes less than it moves is told by that. */
static void put_rates(leat_buf *out, const leat_figures *f, const leat_profile_row *r)
{
    if (r->peak_flops <= 0 || r->rate_ns <= 0 || r->rate_ns < LEAT_SHORT_NS * r->count)
        return;
    if (r->flops < r->bytes) {
        leat_buf_puts(out, ", moving ");
        leat_put_scaled(out, r->bytes / r->rate_ns * 1e9, "B/s");
        return;
    }
    int percent = leat_percent(r->peak_flops / r->rate_ns * 1e9, f->machine.flops);
    leat_buf_puts(out, " at ");
    leat_put_scaled(out, r->flops / r->rate_ns * 1e9, "FLOP/s");
    if (f->machine.flops > 0 && percent > 0)
        leat_buf_printf(out, ", %d %% of this machine's peak", percent);
    else if (f->machine.flops > 0)
        leat_buf_puts(out, ", less than 1 % of this machine's peak");
}

/* "most of the time: Conv2D 31 %, Relu 14 % and Mul 9 %" */
static void put_types(leat_buf *out, const leat_figures *f)
{
    double sum = 0;
    size_t n = 0;
    while (n < f->n_ops && sum < 0.5 * f->mean_busy_ns)
        sum += f->ops[n++].busy_ns;
    if (n == 0 || n > MOST_TYPES || n == f->n_ops)
        return;
    leat_buf_puts(out, "\nmost of the time: ");
    for (size_t i = 0; i < n; i++) {
        leat_buf_puts(out, i == 0 ? "" : i + 1 == n ? " and " : ", ");
        put_name(out, f->ops[i].name);
        leat_buf_printf(out, " %d %%", leat_percent(f->ops[i].busy_ns, f->mean_busy_ns));
    }
}

static void put_most(leat_buf *out, const leat_figures *f)
{
    const leat_profile_row *n = f->nodes, *o = f->ops;
    if (f->n_nodes > 1 && n->busy_ns >= 0.25 * f->mean_busy_ns) {
        leat_buf_puts(out, "\none node, ");
        put_name(out, n->name);
        leat_buf_puts(out, " (");
        put_name(out, f->typical.nodes[n->node].op);
        leat_buf_printf(out, "), takes %d %% of the time", leat_percent(n->busy_ns, f->mean_busy_ns));
        put_rates(out, f, n);
    } else if (f->n_ops > 1 && o->n_nodes > 1 && o->busy_ns >= 0.5 * f->mean_busy_ns) {
        leat_buf_printf(out, "\n%u nodes of type ", o->n_nodes);
        put_name(out, o->name);
        leat_buf_printf(out, " take %d %% of the time", leat_percent(o->busy_ns, f->mean_busy_ns));
        put_rates(out, f, o);
    } else {
        put_types(out, f);
    }
}

static bool waits_for_memory(const leat_figures *f, const leat_profile_row *o)
{
    return o->rate_ns > 0 && o->bytes >= IN_CACHE_BYTES * o->count &&
           o->bytes / o->rate_ns * 1e9 >= 0.5 * f->machine.bytes &&
           o->peak_flops / o->rate_ns * 1e9 < 0.25 * f->machine.flops;
}

static void put_memory(leat_buf *out, const leat_figures *f)
{
    double busy = 0, wall = 0, bytes = 0;
    size_t n = 0;
    if (f->machine.bytes <= 0)
        return;
    for (size_t i = 0; i < f->n_ops; i++)
        if (waits_for_memory(f, &f->ops[i])) {
            busy += f->ops[i].busy_ns;
            wall += f->ops[i].rate_ns;
            bytes += f->ops[i].bytes;
            n++;
        }
    if (n == 0 || busy < 0.2 * f->mean_busy_ns)
        return;
    leat_buf_puts(out, "\n");
    for (size_t i = 0, k = 0; i < f->n_ops && k < 3; i++)
        if (waits_for_memory(f, &f->ops[i])) {
            leat_buf_puts(out, k == 0 ? "" : k + 1 == n ? " and " : ", ");
            put_name(out, f->ops[i].name);
            k++;
        }
    if (n > 3)
        leat_buf_printf(out, " and %zu other kind%s of op", n - 3, n == 4 ? "" : "s");
    leat_buf_printf(out,
                    n == 1 ? " is bound by memory: it takes %d %% of the time and moves "
                           : " are bound by memory: they take %d %% of the time and move ",
                    leat_percent(busy, f->mean_busy_ns));
    leat_put_scaled(out, bytes / wall * 1e9, "B/s");
    if (bytes / wall * 1e9 <= f->machine.bytes)
        leat_buf_printf(out, ", %d %% of what this machine reads",
                        leat_percent(bytes / wall * 1e9, f->machine.bytes));
    else
        leat_buf_puts(out, ", more than this machine reads from memory, so in part from its caches");
}

static void put_short(leat_buf *out, const leat_figures *f)
{
    if (f->n_short * 2 < f->n_executions || f->short_ns < 0.1 * f->work_ns || f->n_short == 0)
        return;
    int nodes = leat_percent((double)f->n_short, (double)f->n_executions),
        time = leat_percent(f->short_ns, f->work_ns);
    if (f->n_short == f->n_executions)
        leat_buf_puts(out, "\nall nodes are shorter than 1 \u00b5s");
    else
        leat_buf_printf(out, "\nnodes shorter than 1 \u00b5s make %d %% of the nodes and %d %% of the time",
                        nodes, time);
    if (time >= 50 && f->short_ns < VERY_SHORT_NS * (double)f->n_short)
        leat_buf_puts(
            out, ": starting a node costs as much as what it computes; more data at a time would cost little "
                 "more");
}

static void put_overhead(leat_buf *out, const leat_figures *f)
{
    double none = f->level_ns[0], run = (double)f->typical.duration_ns;
    if (run <= 0 || f->n_executions == 0 || none < 0.2 * run)
        return;
    leat_buf_printf(out, "\nno node ran in %d %% of the run, ", leat_percent(none, run));
    if (held_up(none, f->n_executions)) {
        leat_put_duration_ns(out, none);
        leat_buf_puts(out, ", more than starting nodes takes");
        return;
    }
    leat_put_duration_ns(out, none / (double)f->n_executions);
    leat_buf_puts(out, " a node: the cost of starting nodes and of the profile itself");
}

static void put_bound(leat_buf *out, const leat_figures *f, const leat_idle *i)
{
    bool enough = i->n_cpus > 0 && i->n_workers == i->n_cpus; /* workers for the CPUs */
    double by_path = i->ns / f->critical_ns, by_cpus = i->ns * i->n_cpus / i->busy_ns;
    if ((i->n_workers < 2 && i->n_cpus < 2) || crowded(i) || f->critical_ns <= 0 ||
        i->ns < 1.05 * f->critical_ns || i->busy_ns < LEAT_SHORT_NS * (double)i->n_events ||
        idle_percent(i) >= IDLE_PERCENT || f->helped_ns >= HELPED * f->busy_ns)
        return;
    if (!enough && i->n_cpus > 0 && by_cpus < by_path)
        leat_buf_printf(out, "\nmore workers can make it at most %.2g times faster, on %u CPUs", by_cpus,
                        i->n_cpus);
    else
        leat_buf_printf(
            out,
            "\nmore %s can make it at most %.2g times faster, by the critical path, unless they share its nodes",
            enough ? "CPUs" : "workers", by_path);
}

static void put_rest(leat_buf *out, const leat_figures *f, const leat_idle *i)
{
    if (f->typical.serial && f->typical.n_workers > 1 && f->n_executions > 0 && !too_small(i))
        leat_buf_puts(out,
                      "\nthe plan ran on one thread: by its costs, more of them would save less than 15 % or "
                      "10 \u00b5s");
    if (f->busy_ns > 0 && f->helped_ns >= HELPED * f->busy_ns)
        leat_buf_printf(out, "\n%d %% of the time is tiles that workers took over from others' nodes",
                        leat_percent(f->helped_ns, f->busy_ns));
    if (f->n_steps >= 5 && f->median_ns >= SMALL_RUN_NS && f->median_ns > 1.5 * f->min_ns) {
        leat_buf_puts(out, "\nthe runs differ: the fastest took ");
        leat_put_duration_ns(out, f->min_ns);
        leat_buf_puts(out, ", the median one ");
        leat_put_duration_ns(out, f->median_ns);
        leat_buf_puts(out, "; other work on this machine, or data that differ");
    }
    if (f->lost > 0)
        leat_buf_printf(out, "\n%llu spans were lost: there was no room for them",
                        (unsigned long long)f->lost);
}

static void put_crowded(leat_buf *out, const leat_figures *f, const leat_idle *i)
{
    double ns = 0;
    for (uint32_t k = i->n_cpus + 1; crowded(i) && k <= i->n_workers; k++)
        ns += f->level_ns[k];
    if (crowded(i) && ns >= CROWDED * i->ns)
        leat_buf_printf(out,
                        "\nworkers wait for one another's CPUs, and nodes' times contain that: %u thread%s "
                        "would show what they take",
                        i->n_cpus, i->n_cpus == 1 ? "" : "s");
}

void leat_put_words(leat_buf *out, const leat_figures *f)
{
    leat_idle i;
    idle_of(f, &i);
    leat_put_idle(out, &i);
    if (f->n_executions > 0) {
        put_crowded(out, f, &i);
        put_most(out, f);
        put_memory(out, f);
        put_short(out, f);
        put_overhead(out, f);
        put_bound(out, f, &i);
    }
    put_rest(out, f, &i);
}
