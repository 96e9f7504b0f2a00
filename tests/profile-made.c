#include "profile-made.h"

#include <stdio.h>
#include <string.h>

uint32_t made_add(made *m, const char *op, uint32_t worker, int64_t start, int64_t end)
{
    uint32_t i = (uint32_t)m->step.n_nodes++;
    snprintf(m->names[i], sizeof m->names[i], "n%u", i);
    m->nodes[i] = (leat_profile_node){
        .name = m->names[i], .op = op, .kernel = "", .shapes = "float[2]", .inputs = "", .float_bytes = 4};
    m->spans[m->step.n_spans++] = (leat_profile_span){start, end, i, (uint16_t)worker, 0};
    if (end > m->step.duration_ns)
        m->step.duration_ns = end;
    if (worker >= m->step.n_workers)
        m->step.n_workers = worker + 1;
    m->step.nodes = m->nodes;
    m->step.spans = m->spans;
    return i;
}

void made_link(made *m)
{
    for (uint32_t i = 0; i < m->step.n_nodes; i++) {
        m->begin[i] = i;
        m->succ[i] = i + 1;
    }
    m->begin[m->step.n_nodes] = (uint32_t)m->step.n_nodes - 1;
    m->step.succ_begin = m->begin;
    m->step.succ = m->succ;
}

void made_apart(made *m)
{
    m->step.succ_begin = m->begin;
    m->step.succ = m->succ;
}

void made_chain(made *m)
{
    for (int i = 0; i < 10; i++)
        made_add(m, i % 2 ? "MatMul" : "Relu", 0, i * 10000, i * 10000 + 10000);
    m->step.n_workers = 2;
    made_link(m);
}

void made_wide(made *m)
{
    for (int i = 0; i < 40; i++)
        made_add(m, "MatMul", (uint32_t)i % 4, i / 4 * 10000, i / 4 * 10000 + 9900);
    made_apart(m);
}

void made_one_big(made *m)
{
    made_add(m, "Relu", 0, 0, 100000);
    uint32_t conv = made_add(m, "Conv2D", 0, 100000, 900000);
    made_add(m, "Relu", 0, 900000, 1000000);
    m->nodes[conv].flops = 32e9 * 800e-6;
    m->step.n_workers = 2;
    made_link(m);
}

void made_short_nodes(made *m)
{
    for (int i = 0; i < 900; i++)
        made_add(m, "Add", 0, i * 300, i * 300 + 200);
    for (int i = 0; i < 100; i++)
        made_add(m, "MatMul", 0, 270000 + i * 5000, 270000 + i * 5000 + 4900);
    made_link(m);
}

void made_overhead(made *m)
{
    for (int i = 0; i < 100; i++)
        made_add(m, "Add", 0, i * 2000, i * 2000 + 1200);
    made_link(m);
}

void made_memory_bound(made *m)
{
    for (int i = 0; i < 10; i++) {
        uint32_t n = made_add(m, i % 2 ? "Add" : "Mul", 0, i * 1000000, i * 1000000 + 1000000);
        m->nodes[n].bytes = 8e9 * 1e-3;
        m->nodes[n].flops = 0.7e9 * 1e-3;
    }
    made_link(m);
}

/* Five times as fast as memory: but each reads what another wrote just before. */
void made_in_caches(made *m)
{
    for (int i = 0; i < 10; i++)
        m->nodes[made_add(m, "Add", 0, i * 2000, i * 2000 + 2000)].bytes = 1e5;
    made_link(m);
}

void made_tiny(made *m)
{
    for (int i = 0; i < 100; i++)
        m->nodes[made_add(m, "Add", 0, i * 60, i * 60 + 60)].flops = 20;
    made_link(m);
}

void made_helped(made *m)
{
    made_add(m, "MatMul", 0, 0, 100000);
    made_add(m, "Relu", 0, 100000, 110000);
    m->spans[m->step.n_spans++] = (leat_profile_span){10000, 98000, 0, 1, 4};
    m->step.n_workers = 2;
    made_link(m);
}

void made_small_serial(made *m)
{
    for (int i = 0; i < 4; i++)
        made_add(m, "Add", 0, i * 1100, i * 1100 + 1000);
    m->step.n_workers = 2;
    m->step.serial = true;
    made_apart(m);
}

void made_given_up(made *m)
{
    made_small_serial(m);
    m->step.serial = false;
    m->step.alone = true;
}

void made_serial_chain(made *m)
{
    made_chain(m);
    m->step.serial = true;
}

/* Both workers are without a CPU for a while, in the midst of two branches. */
void made_held_up(made *m)
{
    for (int i = 0; i < 8; i++)
        made_add(m, "MatMul", (uint32_t)i % 2, i / 2 * 5000000, i / 2 * 5000000 + 2000000);
    made_apart(m);
    m->step.duration_ns = 20000000;
}

void made_held_up_alone(made *m)
{
    made_add(m, "MatMul", 0, 0, 3000000);
    made_add(m, "MatMul", 0, 7000000, 10000000);
    made_link(m);
}

/* No node and no op type stands out. */
void made_types(made *m)
{
    static const char *const ops[] = {"Conv2D", "Relu", "Mul", "Add", "Tanh",
                                      "Conv2D", "Relu", "Mul", "Add", "Tanh"};
    static const int64_t took[] = {12, 10, 8, 13, 7, 12, 10, 8, 13, 7};
    int64_t at = 0;
    for (int i = 0; i < 10; i++, at += took[i - 1] * 10000)
        made_add(m, i % 5 == 3 && i > 3 ? "Sub" : ops[i], 0, at, at + took[i] * 10000);
    made_link(m);
}

void made_nothing(made *m)
{
    m->step.serial = true;
    m->step.n_workers = 2;
    m->step.nodes = m->nodes;
    m->step.spans = m->spans;
}

/* Twice as many workers as CPUs: all have something to do, and each has a CPU half of the time. */
void made_crowded(made *m)
{
    made_wide(m);
    m->step.n_cpus = 2;
}

void made_crowded_chain(made *m)
{
    made_chain(m);
    m->step.n_workers = 4;
    m->step.n_cpus = 2;
}

void made_wide_on_all(made *m)
{
    made_wide(m);
    m->step.n_cpus = 4;
}

void made_wide_on_one(made *m)
{
    for (int i = 0; i < 40; i++)
        made_add(m, "MatMul", 0, i * 10000, i * 10000 + 9900);
    made_apart(m);
    m->step.n_cpus = 8;
}

/* On one thread, for a while: but the nodes are a chain, and too short for several threads. */
void made_given_up_chain(made *m)
{
    made_chain(m);
    m->step.alone = true;
}

/* It computes little, and moves much. */
void made_moving(made *m)
{
    made_one_big(m);
    m->nodes[1].bytes = 4 * m->nodes[1].flops;
}

/* Nothing waits for anything, and yet one worker does it all. */
void made_left_waiting(made *m)
{
    made_wide_on_one(m);
    m->step.n_workers = 2;
    m->step.n_cpus = 0;
}

/* The second worker has nothing to do while the first one's big node runs. */
void made_too_few(made *m)
{
    made_add(m, "MatMul", 0, 0, 35000);
    made_add(m, "MatMul", 1, 0, 10000);
    made_add(m, "MatMul", 0, 35000, 70000);
    made_add(m, "MatMul", 1, 35000, 45000);
    made_add(m, "MatMul", 0, 70000, 100000);
    for (uint32_t i = 1; i <= 5;
         i++) /* the third and fourth wait for both of the first, the fifth for none */
        m->begin[i] = i <= 2 ? 2 * i : 4;
    memcpy(m->succ, (uint32_t[]){2, 3, 2, 3}, 4 * sizeof *m->succ);
    made_apart(m);
}
